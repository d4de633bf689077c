/** The container's environment: configuration, image, proxies, request; later ones win, the order of first mention stays. */
import type { ConfigInputs } from "./inputs.ts";
import { imageDefaults } from "./inputs.ts";
import { mergeEnvironment } from "./merge-environment.ts";

const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

const PROXY_VARIABLES: readonly string[] = [
  "http_proxy",
  "https_proxy",
  "ftp_proxy",
  "no_proxy",
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "FTP_PROXY",
  "NO_PROXY",
];

/** `KEY=value` lines. HOME and HOSTNAME are known only at the start and come then. */
export function buildEnvironment(inputs: ConfigInputs): string[] {
  const { request, settings } = inputs;
  const result = new Map<string, string>();
  result.set("PATH", DEFAULT_PATH);
  result.set("container", "podman");
  add(result, settings.config.env);
  add(result, harmless(imageDefaults(inputs).Env ?? []));
  if (request.tty && !result.has("TERM")) result.set("TERM", "xterm");
  mergeEnvironment(result, request.envMerge ?? []);
  for (const key of request.unsetEnv) result.delete(key);
  if (request.unsetEnvAll) result.clear();
  if (request.httpProxy && settings.config.httpProxy) {
    for (const key of PROXY_VARIABLES) {
      const value = inputs.env[key];
      if (value !== undefined) result.set(key, value);
    }
  }
  add(result, request.env);
  return [...result].map(([key, value]) => `${key}=${value}`);
}

/**
 * A line without `=` would be a request for the host's variable of that name, and one with `*` for all of them:
 * an image must not be able to ask (CVE-2026-57231). The user may well have a variable of such a name.
 */
function harmless(lines: readonly string[]): string[] {
  return lines.filter((line) => !(line.split("=", 1)[0] ?? "").includes("*"));
}

function add(result: Map<string, string>, lines: readonly string[]): void {
  for (const line of lines) {
    const equals = line.indexOf("=");
    if (equals > 0) result.set(line.slice(0, equals), line.slice(equals + 1));
  }
}

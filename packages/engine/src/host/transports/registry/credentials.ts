/** The secret for a repository: from the command line, a file, or a helper program. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { RegistryConfiguration } from "../../../ports/registry-config.ts";
import { runCommand } from "../../process/run.ts";

export type Credentials =
  | { readonly kind: "basic"; readonly username: string; readonly password: string }
  | { readonly kind: "token"; readonly identityToken: string };

export interface CredentialOptions {
  readonly configuration: RegistryConfiguration;
  /** "user:password" */
  readonly creds?: string;
  readonly authFile?: string;
}

const HELPER_TIMEOUT_MS = 30_000;
/** What docker-credential-* programs say for "I have none". */
const NONE = "credentials not found in native keychain";

/** @throws CONFIG_INVALID, HOST_PART_MISSING for a helper that is not installed. */
export async function findCredentials(
  repository: string,
  options: CredentialOptions,
): Promise<Credentials | undefined> {
  if (options.creds !== undefined) {
    const colon = options.creds.indexOf(":");
    if (colon === -1) return { kind: "basic", username: options.creds, password: "" };
    return {
      kind: "basic",
      username: options.creds.slice(0, colon),
      password: options.creds.slice(colon + 1),
    };
  }
  const entry = options.configuration.auth(repository, options.authFile);
  if (entry?.kind !== "helper") return entry;
  return await askHelper(entry.helper, entry.registry, options.configuration.environment);
}

async function askHelper(
  helper: string,
  registry: string,
  env: Readonly<Record<string, string>>,
): Promise<Credentials | undefined> {
  const program = `docker-credential-${helper}`;
  const { stdout, stderr, exitCode } = await runCommand({
    argv: [program, "get"],
    input: registry === "docker.io" ? "https://index.docker.io/v1/" : registry,
    env,
    timeoutMs: HELPER_TIMEOUT_MS,
  });
  const said = stdout.toString("utf8").trim();
  if (exitCode !== 0) {
    if (said.includes(NONE) || stderr.includes(NONE)) return undefined;
    throw new EngineError("HOST_COMMAND_FAILED", `${program} get ${registry}: ${said || stderr.trim()}`);
  }
  const answer = JSON.parse(said) as { Username?: unknown; Secret?: unknown };
  if (typeof answer.Username !== "string" || typeof answer.Secret !== "string") return undefined;
  if (answer.Username === "<token>") return { kind: "token", identityToken: answer.Secret };
  return { kind: "basic", username: answer.Username, password: answer.Secret };
}

/** The secret for a repository: from the command line, a file, or a helper program. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { AuthEntry, RegistryConfiguration } from "../../../ports/registry-config.ts";
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
  const { configuration, authFile } = options;
  return await resolveEntry(configuration.auth(repository, authFile), configuration.environment);
}

type Environment = Readonly<Record<string, string>>;

/** What the entry says, or what the helper says that it names. */
export async function resolveEntry(
  entry: AuthEntry | undefined,
  env: Environment,
): Promise<Credentials | undefined> {
  if (entry?.kind !== "helper") return entry;
  const { helper, registry } = entry;
  const server = registry === "docker.io" ? "https://index.docker.io/v1/" : registry;
  const said = await callHelper(helper, "get", server, env);
  if (said === undefined) return undefined;
  const answer = parseAnswer(said, helper);
  if (typeof answer.Username !== "string" || typeof answer.Secret !== "string") return undefined;
  if (answer.Username === "<token>") return { kind: "token", identityToken: answer.Secret };
  return { kind: "basic", username: answer.Username, password: answer.Secret };
}

function parseAnswer(said: string, helper: string): { Username?: unknown; Secret?: unknown } {
  try {
    return (JSON.parse(said) ?? {}) as { Username?: unknown; Secret?: unknown };
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new EngineError("HOST_COMMAND_FAILED", `docker-credential-${helper} get: the answer is no JSON`, {
      cause,
    });
  }
}

/** One call of docker-credential-HELPER; undefined where it has nothing under that name. */
export async function callHelper(
  helper: string,
  verb: "get" | "store" | "erase",
  ...[input, env]: [string, Environment]
): Promise<string | undefined> {
  const program = `docker-credential-${helper}`;
  const { stdout, stderr, exitCode } = await runCommand({
    argv: [program, verb],
    input,
    env,
    timeoutMs: HELPER_TIMEOUT_MS,
  });
  const said = stdout.toString("utf8").trim();
  if (exitCode === 0) return said;
  if (said.includes(NONE) || stderr.includes(NONE)) return undefined;
  throw new EngineError("HOST_COMMAND_FAILED", `${program} ${verb}: ${said || stderr.trim()}`);
}

/** `--restart` as text: "no", "always", "unless-stopped", "on-failure[:N]"; "never" is another word for "no". */
import type { RestartPolicy } from "../engine-api/containers.ts";
import { EngineError } from "../errors/engine-error.ts";

export const NO_RESTART: RestartPolicy = { name: "no", maximumRetries: 0 };

const NAMES: Readonly<Record<string, RestartPolicy["name"]>> = {
  "": "no",
  no: "no",
  never: "no",
  always: "always",
  "unless-stopped": "unless-stopped",
  "on-failure": "on-failure",
};

/** @throws CONTAINER_INVALID, with Podman's words */
export function parseRestartPolicy(text: string): RestartPolicy {
  const [word = "", count, ...more] = text.split(":");
  if (more.length > 0) throw invalid("invalid restart policy: may specify retries at most once");
  if (count !== undefined && word !== "on-failure") {
    throw invalid("restart policy retries can only be specified with on-failure restart policy");
  }
  const name = Object.hasOwn(NAMES, word) ? NAMES[word] : undefined;
  if (name === undefined) {
    throw invalid(`${JSON.stringify(word)} is not a valid restart policy: invalid argument`);
  }
  return { name, maximumRetries: count === undefined ? 0 : retries(count) };
}

function retries(text: string): number {
  if (/^-\d+$/.test(text)) {
    throw invalid("must specify restart policy retry count as a number greater than 0");
  }
  if (/^\+?\d{1,9}$/.test(text)) return Number(text);
  throw invalid(`parsing restart policy retry count: ${JSON.stringify(text)} is not a number`);
}

function invalid(message: string): EngineError {
  return new EngineError("CONTAINER_INVALID", message);
}

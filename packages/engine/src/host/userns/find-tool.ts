/** Programs of the host that the way into the namespaces needs. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { existsSync } from "node:fs";

/** Users' PATHs often lack the places of administration. */
const SYSTEM_PATH = "/usr/bin:/usr/sbin:/bin:/sbin:/usr/local/bin:/usr/local/sbin";

type Environment = Readonly<Record<string, string | undefined>>;

/** @throws HOST_PART_MISSING */
export function findTool(name: string, env: Environment, packages: string): string {
  const usual = `/usr/bin/${name}`;
  if (existsSync(usual)) return usual;
  const found = Bun.which(name, { PATH: `${SYSTEM_PATH}:${env["PATH"] ?? ""}` });
  if (found !== null) return found;
  throw new EngineError("HOST_PART_MISSING", `cannot enter a user namespace: ${name} is not installed`, {
    hint: `install the package ${packages}`,
  });
}

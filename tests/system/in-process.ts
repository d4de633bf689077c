/** The engine called as Kubernetes YAML calls it: root's in this process, an ordinary user's in one of the user's own. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { BINARY, type Engine, setting, succeed } from "./engine.ts";
import type { Call, Reply } from "./in-process-child.ts";
import { callsOn, type InProcess, type Place } from "./in-process-calls.ts";
import { USER } from "./user.ts";

export type { InProcess } from "./in-process-calls.ts";

/** On the same store as `engine`. */
export function inProcess(engine: Engine): InProcess {
  const place: Place = { root: engine.root, runRoot: engine.runRoot, self: BINARY };
  return USER === undefined ? callsOn(place) : inChildren(engine, place);
}

function inChildren(engine: Engine, place: Place): InProcess {
  async function call(verb: keyof InProcess, ...args: readonly unknown[]): Promise<string> {
    const asked: Call = { place, umask: process.umask(), verb, args };
    const program = [join(setting("WORK"), "bin", "bun"), await bundle()];
    const answered = await engine.run(["unshare", ...program], { stdin: JSON.stringify(asked) });
    const reply = JSON.parse(succeed(answered)) as Reply;
    if ("error" in reply) throw new Error(reply.error);
    return reply.value ?? "";
  }
  return {
    pod: (...args) => call("pod", ...args),
    member: (...args) => call("member", ...args),
    start: async (...args) => void (await call("start", ...args)),
  };
}

/** One file, since the repository may be where other users cannot go. */
async function bundle(): Promise<string> {
  const directory = join(setting("WORK"), "bin");
  const path = join(directory, "in-process-child.js");
  if (existsSync(path)) return path;
  const entrypoints = [join(import.meta.dir, "in-process-child.ts")];
  const built = await Bun.build({ entrypoints, target: "bun", outdir: directory });
  if (!built.success) throw new Error(built.logs.map(({ message }) => message).join("\n"));
  return path;
}

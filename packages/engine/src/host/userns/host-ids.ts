/** The HostIds port: what the system gives away of ids, and what maps there are. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { IdKind, IdMapping, IdMappings } from "@podwright/spec/values/id-map";
import { readFileSync } from "node:fs";
import { readIfThere } from "../../base/if-there.ts";
import type { HostIds } from "../../ports/host-ids.ts";
import { runCommand } from "../process/run.ts";
import { type IdRange, rangesOf } from "./subordinate-ids.ts";

const FILES = { uid: "/etc/subuid", gid: "/etc/subgid" } as const;

export class SystemIds implements HostIds {
  subordinate(kind: IdKind, name: string): readonly IdRange[] {
    // No user has this number: it is the name that counts.
    return rangesOf(readIfThere(FILES[kind]) ?? "", { name, uid: -1 });
  }

  own(kind: IdKind): readonly IdMapping[] {
    return parseMap(readFileSync(`/proc/self/${kind}_map`, "utf8"));
  }

  async ofNamespace(path: string): Promise<IdMappings> {
    const { exitCode, stdout, stderr } = await runCommand({
      argv: ["nsenter", `--user=${path}`, "cat", "/proc/self/uid_map", "-", "/proc/self/gid_map"],
      input: "-\n",
    });
    if (exitCode !== 0) {
      throw new EngineError("CONTAINER_INVALID", `cannot enter user namespace ${path}: ${stderr.trim()}`);
    }
    const [uid = "", gid = ""] = stdout.toString().split("-\n");
    return { uid: parseMap(uid), gid: parseMap(gid) };
  }
}

/** proc(5): id inside, id outside, size. */
function parseMap(text: string): IdMapping[] {
  return text
    .trim()
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [inside, outside, size] = line.trim().split(/\s+/).map(Number);
      return { inside: inside ?? 0, outside: outside ?? 0, size: size ?? 0 };
    });
}

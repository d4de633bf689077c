/** What stays in memory for a started pod without containers, and for a running container: the processes that are new. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Engine } from "./engines.ts";
import { lastLines, requireSuccess } from "./process.ts";
import { IMAGE, STAY, sweep } from "./rows/row.ts";

/** Megabytes (10⁶). */
export interface HeldProcess {
  readonly name: string;
  readonly rss: number;
  /** Pages that are shared count in parts. */
  readonly pss: number;
}

/** Engine → processes, or why there is no answer. */
export type Held = Readonly<Record<string, { readonly [what: string]: readonly HeldProcess[] | string }>>;

const FILE = "held.json";
const SETTLE = 500;
const CASES: Readonly<Record<string, readonly (readonly string[])[]>> = {
  "a started pod without containers": [
    ["pod", "create", "--name", "held"],
    ["pod", "start", "held"],
  ],
  "a running container": [["run", "-d", IMAGE, ...STAY]],
};

export function readHeld(directory: string): Held | undefined {
  const file = join(directory, FILE);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Held) : undefined;
}

export async function measureHeld(engines: readonly Engine[], out: string): Promise<void> {
  const held: Record<string, Record<string, readonly HeldProcess[] | string>> = {};
  for (const engine of engines.filter(({ kind }) => kind === "podwright" || kind === "podman")) {
    const found: Record<string, readonly HeldProcess[] | string> = {};
    for (const [what, commands] of Object.entries(CASES)) {
      const before = new Set(processes());
      try {
        for (const args of commands) await requireSuccess([...engine.argv, ...args], { env: engine.env });
        await Bun.sleep(SETTLE);
        found[what] = processes()
          .filter((pid) => !before.has(pid))
          .flatMap(weigh);
      } catch (error) {
        found[what] = lastLines(error instanceof Error ? error.message : String(error));
      }
      await sweep({ engine, index: 0, bundle: "" });
    }
    held[engine.name] = found;
  }
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, FILE), `${JSON.stringify(held, undefined, 2)}\n`);
}

/** All of this benchmark's own process namespace. */
function processes(): readonly string[] {
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name));
}

function weigh(pid: string): readonly HeldProcess[] {
  try {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
    const size = (key: string): number =>
      Math.round((Number(new RegExp(`^${key}: +(\\d+) kB`, "m").exec(text)?.[1] ?? 0) * 1024) / 1e4) / 100;
    return [{ name: readFileSync(`/proc/${pid}/comm`, "utf8").trim(), rss: size("Rss"), pss: size("Pss") }];
  } catch {
    // It has just ended: nothing is held.
    return [];
  }
}

/** What has been found out about this kernel and a file system: kept in a file, for as long as both are the same. */
import { readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { readIfThere } from "../../base/if-there.ts";

export interface AskedOf {
  /** uname(2): its release. */
  readonly kernel: string;
  /** The file system's, as stat(2) has it. */
  readonly device: number;
}

/** Whose other members are the asker's own. */
export type KeptAnswer = AskedOf & Readonly<Record<string, unknown>>;

/** As it is now, for what stands in a directory. */
export function askedOf(directory: string): AskedOf {
  return {
    kernel: readFileSync("/proc/sys/kernel/osrelease", "utf8").trim(),
    device: statSync(directory).dev,
  };
}

export function isSameAsked(kept: AskedOf | undefined, now: AskedOf): boolean {
  return kept?.kernel === now.kernel && kept.device === now.device;
}

/** undefined without a file; "torn" for half a one, which is as good as one of another kernel. */
export function readKernelAnswer(path: string): KeptAnswer | "torn" | undefined {
  const text = readIfThere(path);
  try {
    return text === undefined ? undefined : (JSON.parse(text) as KeptAnswer);
  } catch (error) {
    if (error instanceof SyntaxError) return "torn";
    throw error;
  }
}

/** `fresh` is a path on the same file system that nobody else uses. */
export function keepKernelAnswer(path: string, answer: AskedOf, fresh: string): void {
  writeFileSync(fresh, `${JSON.stringify(answer)}\n`, { mode: 0o600 });
  renameSync(fresh, path);
}

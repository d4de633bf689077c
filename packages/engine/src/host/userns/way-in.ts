/** The program that takes this one's place to start it anew inside. */
import { ENTRY, type Entry, ROOTLESS_UID } from "../../base/entry-variables.ts";
import type { Program } from "../sys/raw-calls.ts";

export interface Door {
  /** Of a process in the user's namespaces. */
  readonly pid: number;
  /** The runtime directory in which it was found. */
  readonly directory: string;
}

/** Options of nsenter(1); the program follows. */
export function intoNamespacesOf(pid: number): readonly string[] {
  return ["--user", "--mount", "--preserve-credentials", "--target", String(pid), "--"];
}

export function wayIn(nsenter: string, { pid, directory }: Door, argv: readonly string[]): Program {
  return {
    path: nsenter,
    argv: ["nsenter", ...intoNamespacesOf(pid), ...thisProgram(), ...argv.slice(1)],
    env: {
      ...process.env,
      XDG_RUNTIME_DIR: directory,
      [ROOTLESS_UID]: String(process.geteuid?.() ?? 0),
      [ENTRY]: JSON.stringify(entry(argv)),
    },
  };
}

function entry(argv: readonly string[]): Entry {
  const name = argv[0] ?? "";
  try {
    return { name, cwd: process.cwd() };
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return { name };
    throw error;
  }
}

/** Run from source, the runtime needs to be told the script. */
function thisProgram(): readonly string[] {
  return import.meta.path.startsWith("/$bunfs/") ? [process.execPath] : [process.execPath, Bun.main];
}

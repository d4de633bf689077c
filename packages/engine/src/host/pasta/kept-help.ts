/** Which of a program's options the installed one has: by its help, asked for once. */
import { statSync, writeFileSync } from "node:fs";
import { readIfThere } from "../../base/if-there.ts";
import { runCommand } from "../process/run.ts";

/** Milliseconds. */
const LIMIT = 5_000;

/** Those of `known` that the help names. `notes` keeps them for as long as the program is the same file. */
export async function helpOf(
  program: string,
  { notes, known }: { readonly notes: string; readonly known: readonly string[] },
): Promise<readonly string[]> {
  const { dev, ino, size, mtimeMs } = statSync(program);
  const asked = [program, dev, ino, size, mtimeMs, ...known].join(" ");
  const [noted, found] = readIfThere(notes)?.split("\n") ?? [];
  // A file that was torn does not end with a line.
  if (noted === asked && found?.endsWith(".") === true) return found.slice(0, -1).split(" ");
  const { stdout, stderr } = await runCommand({ argv: [program, "--help"], cwd: "/", timeoutMs: LIMIT });
  const text = `${stdout.toString()}${stderr}`;
  const has = known.filter((option) => text.includes(`--${option}`));
  writeFileSync(notes, `${asked}\n${has.join(" ")}.\n`, { mode: 0o600 });
  return has;
}

/** Restores what the way into the namespaces has lost: the working directory, the program's name and, after su, the home. */
import { ENTRY, type Entry, ROOTLESS_UID } from "../../base/entry-variables.ts";
import { homeOf } from "./account.ts";
import { rootlessUser } from "../../base/rootless.ts";

/** Gives the command line with the name under which it was typed. Variables that are not from the entry are dropped. */
export async function arrive(argv: readonly string[]): Promise<readonly string[]> {
  const text = process.env[ENTRY];
  delete process.env[ENTRY];
  const user = rootlessUser(process.env);
  if (user === undefined) {
    delete process.env[ROOTLESS_UID];
    return argv;
  }
  const entry = text === undefined ? undefined : parse(text);
  if (entry === undefined) return argv;
  // Here all of the user's is root's.
  process.env["HOME"] = await homeOf(process.env, { uid: user.uid, owner: 0 });
  if (entry.cwd !== undefined) goTo(entry.cwd);
  return [entry.name, ...argv.slice(1)];
}

/** A directory that its user may not enter (`su` out of /root) has served for nothing before, either. */
function goTo(directory: string): void {
  try {
    process.chdir(directory);
  } catch (error) {
    const reason = error instanceof Error && "code" in error ? String(error.code) : String(error);
    process.stderr.write(`Warning: cannot enter ${directory} (${reason}): relative paths begin at /\n`);
  }
}

function parse(text: string): Entry | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || !("name" in value)) return undefined;
    const cwd = "cwd" in value && typeof value.cwd === "string" ? { cwd: value.cwd } : {};
    return typeof value.name === "string" ? { name: value.name, ...cwd } : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

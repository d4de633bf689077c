/** The command line as it was typed, the program's name first. */

/**
 * process.argv begins with two names of the runtime's: its own and the script's. What the program was called is in
 * argv0, so that a link named podman reads "podman"; run from source, the script's name stands for it.
 */
export function commandLine(): readonly string[] {
  const args = process.argv.slice(2);
  const compiled = import.meta.path.startsWith("/$bunfs/");
  return [compiled ? process.argv0 : "podwright", ...args];
}

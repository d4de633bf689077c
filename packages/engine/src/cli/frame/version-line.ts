/** What `--version` prints, and what the program was called. */

/** The name in messages: of argv[0], without its directory. */
export function programName(argv: readonly string[]): string {
  return (argv[0] ?? "").replace(/^.*\//, "") || "podwright";
}

/** Whether the line asks for the version alone: with anything beside it, the line has to be parsed. */
export function asksForVersion(argv: readonly string[]): boolean {
  return argv.length === 2 && (argv[1] === "--version" || argv[1] === "-v");
}

export function versionLine(argv: readonly string[], version: string): string {
  return `${programName(argv)} version ${version}\n`;
}

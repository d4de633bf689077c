/** Runs a program that is not measured: set-up, clean-up, questions to the machine. */

const LAST_LINES = 5;

export interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

export interface RunOptions {
  readonly stdin?: string;
  /** Besides this process's own. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Any exit status is a result; a program that is not there has status 127, as in a shell. */
export async function run(argv: readonly string[], { stdin, env }: RunOptions = {}): Promise<Ended> {
  if (Bun.which(argv[0] ?? "") === null) return { stdout: "", stderr: `${argv[0]}: not found`, code: 127 };
  const child = Bun.spawn([...argv], {
    stdin: stdin === undefined ? "ignore" : Buffer.from(stdin),
    stdout: "pipe",
    stderr: "pipe",
    env: { ...process.env, ...env },
  });
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { stdout, stderr, code };
}

/** Standard output. @throws with the last lines of what the program said, unless it succeeds */
export async function requireSuccess(argv: readonly string[], options?: RunOptions): Promise<string> {
  const ended = await run(argv, options);
  if (ended.code === 0) return ended.stdout;
  throw new Error(`${argv.join(" ")}: exit status ${ended.code}: ${lastLines(ended.stderr || ended.stdout)}`);
}

export function lastLines(text: string): string {
  return text.trim().split("\n").slice(-LAST_LINES).join(" | ");
}

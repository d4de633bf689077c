/** A program on a pseudo-terminal, as a person would use it. */
import { waitFor } from "./waiting.ts";

export interface TerminalSession {
  /** Everything that it has shown so far. */
  screen(): string;
  type(text: string): void;
  resize(columns: number, rows: number): void;
  /** Waits until the screen shows it. */
  shows(pattern: RegExp | string, timeout?: number): Promise<void>;
  /** Its exit status. @throws with the screen when it does not end within the time-out */
  readonly exits: (timeout?: number) => Promise<number>;
  kill(signal?: number): void;
}

export function onTerminal(argv: readonly string[], size = { cols: 80, rows: 24 }): TerminalSession {
  const decoder = new TextDecoder();
  let screen = "";
  const child = Bun.spawn([...argv], {
    cwd: "/",
    env: { ...process.env, TERM: "xterm" },
    terminal: {
      ...size,
      data(_, bytes) {
        screen += decoder.decode(bytes, { stream: true });
      },
    },
  });
  const matches = (pattern: RegExp | string): boolean =>
    typeof pattern === "string" ? screen.includes(pattern) : pattern.test(screen);
  return {
    screen: () => screen,
    type: (text) => void child.terminal?.write(text),
    resize: (columns, rows) => child.terminal?.resize(columns, rows),
    shows: async (pattern, timeout) => {
      await waitFor(`the terminal to show ${pattern}`, () => matches(pattern) || undefined, timeout).catch(
        (error) => {
          throw new Error(`${error.message}; it shows:\n${screen}`, { cause: error });
        },
      );
    },
    exits: async (timeout = 15_000) => {
      const status = await Promise.race([child.exited, Bun.sleep(timeout)]);
      if (status !== undefined) return status;
      child.kill(9);
      throw new Error(`it does not end; it shows:\n${screen}`);
    },
    kill: (signal = 15) => child.kill(signal),
  };
}

/** Prints one state after the other: in place on a terminal, one below the other elsewhere. */
import type { Io } from "../frame/command.ts";

const CLEAR = "\x1b[2J\x1b[1;1H";

export interface ScreenOptions {
  readonly stream: boolean;
  /** Nothing is cleared. */
  readonly noReset: boolean;
}

export async function showEach<T>(
  io: Io,
  states: AsyncIterable<T>,
  options: ScreenOptions & { readonly print: (state: T) => void },
): Promise<void> {
  const inPlace = io.stdoutIsTty && options.stream && !options.noReset;
  for await (const state of states) {
    if (inPlace) io.out(CLEAR);
    options.print(state);
  }
}

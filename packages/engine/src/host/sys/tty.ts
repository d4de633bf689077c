/**
 * The terminal on standard input: raw mode and its size. node:tty's raw mode leaves output processing on, which
 * garbles programs that move the cursor by bare line feeds, so termios(3) itself is called.
 */
import { dlopen } from "bun:ffi";
import { check, isErrno, LIBC } from "./libc.ts";

const STDIN = 0;
/** More than sizeof(struct termios) of any Linux. */
const TERMIOS_ROOM = 128;
/** Waits for output to be written, drops nothing that was typed ahead. */
const TCSADRAIN = 1;
const TIOCGWINSZ = 0x5413;
/** c_lflag, after three other words: the same on every Linux that Bun runs on. */
const LOCAL_MODES = 12;
const ECHO = 0o10;

let library: ReturnType<typeof open> | undefined;
function open() {
  return dlopen(LIBC, {
    tcgetattr: { args: ["i32", "ptr"], returns: "i32" },
    tcsetattr: { args: ["i32", "i32", "ptr"], returns: "i32" },
    cfmakeraw: { args: ["ptr"], returns: "void" },
    ioctl: { args: ["i32", "u64", "ptr"], returns: "i32" },
  }).symbols;
}
const libc = (): ReturnType<typeof open> => (library ??= open());

export class InputTerminal {
  /** Keys come as they are typed, output goes as it is written. Disposing twice is no error. */
  raw(): Disposable {
    return withSettings((settings) => libc().cfmakeraw(settings));
  }

  /** What is typed does not appear. Disposing twice is no error. */
  silent(): Disposable {
    return withSettings((settings) => {
      settings.writeUInt32LE((settings.readUInt32LE(LOCAL_MODES) & ~ECHO) >>> 0, LOCAL_MODES);
    });
  }

  /** 0 rows and columns for a terminal that does not know its size. */
  size(): { readonly rows: number; readonly columns: number } {
    const size = new Uint16Array(4);
    check(libc().ioctl(STDIN, TIOCGWINSZ, size), () => "read terminal size");
    return { rows: size[0] ?? 0, columns: size[1] ?? 0 };
  }
}

function withSettings(change: (settings: Buffer) => void): Disposable {
  const saved = Buffer.alloc(TERMIOS_ROOM);
  check(libc().tcgetattr(STDIN, saved), () => "read terminal settings");
  const changed = Buffer.from(saved);
  change(changed);
  apply(changed);
  let restored = false;
  const restore = (): void => {
    if (restored) return;
    restored = true;
    process.off("exit", restore);
    apply(saved);
  };
  // Whatever way out is taken, the user's shell gets its terminal back as it was.
  process.on("exit", restore);
  return { [Symbol.dispose]: restore };
}

function apply(settings: Buffer): void {
  try {
    check(libc().tcsetattr(STDIN, TCSADRAIN, settings), () => "change terminal settings");
  } catch (error) {
    // The terminal has been closed: nobody sees it any more.
    if (!isErrno(error, "EIO", "ENOTTY")) throw error;
  }
}

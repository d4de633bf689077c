/** A few system calls for a start that loads nothing else: node:fs alone takes 2 ms. Failures are values here. */
import { dlopen, ptr } from "bun:ffi";

const O_CLOEXEC = 0o2000000;
const SMALL = 4096;

let library: ReturnType<typeof open> | undefined;
function open() {
  return dlopen("libc.so.6", {
    open: { args: ["ptr", "i32"], returns: "i32" },
    read: { args: ["i32", "ptr", "u64"], returns: "i64" },
    close: { args: ["i32"], returns: "i32" },
    execve: { args: ["ptr", "ptr", "ptr"], returns: "i32" },
  }).symbols;
}
const libc = (): ReturnType<typeof open> => (library ??= open());

/** At most the first 4 kB, in one read: of a file in /proc, all of it. Undefined where it cannot be read. */
export function readSmall(path: string): string | undefined {
  const fd = libc().open(cstr(path), O_CLOEXEC);
  if (fd < 0) return undefined;
  const buffer = Buffer.alloc(SMALL);
  const length = Number(libc().read(fd, buffer, SMALL));
  libc().close(fd);
  return length < 0 ? undefined : buffer.toString("latin1", 0, length);
}

export interface Program {
  /** Absolute. */
  readonly path: string;
  /** The program's name first. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** execve(2). Comes back where it failed, with errno set. */
export function tryToReplaceProcess({ path, argv, env }: Program): void {
  const variables = Object.entries(env).flatMap(([name, value]) =>
    value === undefined ? [] : [cstr(`${name}=${value}`)],
  );
  // Named, so that they are alive during the call.
  const [name, words, values] = [cstr(path), argv.map(cstr), variables];
  libc().execve(name, vector(words), vector(values));
}

function cstr(text: string): Buffer {
  return Buffer.from(`${text}\0`);
}

/** `char *const []`, ended by NULL. */
function vector(strings: readonly Buffer[]): BigUint64Array {
  const pointers = new BigUint64Array(strings.length + 1);
  for (const [at, string] of strings.entries()) pointers[at] = BigInt(ptr(string));
  return pointers;
}

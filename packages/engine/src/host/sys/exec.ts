/** execve(2): another program takes this process over, with its id, its descriptors and its terminal. */
import { dlopen, ptr } from "bun:ffi";
import { cstr, errno, LIBC, sysError } from "./libc.ts";

const SIGPIPE = 13;
const SIGXFSZ = 25;
const DEFAULT = 0;

export interface Program {
  /** Absolute. */
  readonly path: string;
  /** The program's name first. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * All threads end; descriptors that are not close-on-exec stay open. Returns by its error alone.
 * @throws HOST_CALL_FAILED
 */
export function replaceProcess({ path, argv, env }: Program): never {
  const { execve } = dlopen(LIBC, {
    execve: { args: ["ptr", "ptr", "ptr"], returns: "i32" },
  }).symbols;
  const words = argv.map(cstr);
  const variables = Object.entries(env).flatMap(([name, value]) =>
    value === undefined ? [] : [cstr(`${name}=${value}`)],
  );
  execve(cstr(path), vector(words), vector(variables));
  const number = errno();
  throw sysError(`execve ${path}`, number);
}

/** The runtime ignores some signals, and what is ignored stays so in the next program: only before one that is not ours. */
export function takeSignalsBack(): void {
  const { signal } = dlopen(LIBC, { signal: { args: ["i32", "usize"], returns: "ptr" } }).symbols;
  for (const number of [SIGPIPE, SIGXFSZ]) signal(number, DEFAULT);
}

/** `char *const []`, ended by NULL. */
function vector(strings: readonly Buffer[]): BigUint64Array {
  const pointers = new BigUint64Array(strings.length + 1);
  for (const [at, string] of strings.entries()) pointers[at] = BigInt(ptr(string));
  return pointers;
}

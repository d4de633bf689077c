/** The error that all of the engine, the API and the SDK throw. */
import { CATALOGUE, type ErrorCode } from "./catalogue.ts";
import { type ErrorKind, type ErrorRow, KINDS } from "./kinds.ts";

export interface EngineErrorOptions {
  /** What to do about it, one sentence, for a person. */
  readonly hint?: string;
  /** Facts for programs: ids, names, paths. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
  /** Overrides the catalogue's exit status where one code has several (Podman's `rm` of an unknown: 1). */
  readonly exit?: number;
}

/**
 * The one error class that crosses a folder line, in the engine and in the SDK alike.
 * Messages are lower case, without a full stop; the command line adds `Error: ` once, at the top.
 */
export class EngineError extends Error {
  override readonly name = "EngineError";
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;
  readonly #exit: number | undefined;

  constructor(code: ErrorCode, message: string, options: EngineErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.details = options.details ?? {};
    this.#exit = options.exit;
  }

  get kind(): ErrorKind {
    return CATALOGUE[this.code].kind;
  }

  /** Exit status of a command that ends with this error (podman.md §4.5). */
  get exitCode(): number {
    const row: ErrorRow = CATALOGUE[this.code];
    return this.#exit ?? row.exit ?? 125;
  }

  get httpStatus(): number {
    return KINDS[this.kind];
  }
}

/** True for an EngineError of one of the given codes: the only way that code should catch one. */
export function isEngineError(error: unknown, ...codes: readonly ErrorCode[]): error is EngineError {
  return error instanceof EngineError && (codes.length === 0 || codes.includes(error.code));
}

/** What the command's thread and the network thread say to one another. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { Firewall } from "../../ports/firewall.ts";
import type { Links } from "../../ports/links.ts";
import type { NameServer } from "../../ports/name-server.ts";

export interface NamesPlace {
  readonly directory: string;
  readonly candidates: readonly string[];
}

/** The first message, to which the answer is one without an id. */
export interface Opening {
  /** The pin of the network namespace that the thread goes into for good. */
  readonly netnsPath: string;
  readonly storeId: string;
  readonly names: NamesPlace;
  readonly answers: SharedArrayBuffer;
}

interface Parts {
  readonly links: Links;
  readonly firewall: Firewall;
  readonly names: Pick<NameServer, "serve" | "stop">;
}

export type Target = keyof Parts;

export interface Call {
  readonly target: Target;
  readonly method: string;
  readonly args: readonly unknown[];
  /** Whose answer is a message; without one it comes by the shared memory, on which the caller waits. */
  readonly id?: number;
}

export type Answer = { readonly value?: unknown } | { readonly error: PlainError };

export type Reply = Answer & { readonly id: number };

/** An error of ours, or of the runtime's, as it can be sent. */
export interface PlainError {
  readonly code?: EngineError["code"];
  readonly message: string;
  readonly hint?: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

export function plainError(error: unknown): PlainError {
  if (!(error instanceof EngineError))
    return { message: error instanceof Error ? error.message : String(error) };
  const { code, message, hint, details } = error;
  return { code, message, details, ...(hint === undefined ? {} : { hint }) };
}

export function errorOf({ code, message, hint, details = {} }: PlainError): Error {
  if (code === undefined) return new Error(message);
  return new EngineError(code, message, { details, ...(hint === undefined ? {} : { hint }) });
}

/** Words of the shared memory: whether an answer is there, its length in bytes; the answer as JSON follows. */
export const STATE = 0;
export const LENGTH = 1;
export const TEXT_AT = 8;
export const SHARED_SIZE = 256 * 1024;

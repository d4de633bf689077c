/** How a play that failed half-way is told: where in the manifest, what was being done, why. */
import type { Diagnostic } from "@podwright/spec/engine-api/kube";
import { EngineError, isEngineError } from "@podwright/spec/errors/engine-error";
import type { FieldPath, ManifestObject } from "./manifest.ts";

export interface Place {
  readonly object: ManifestObject;
  readonly path: FieldPath;
}

export interface PlayFailureOptions {
  /** The end of the container's log. */
  readonly log?: readonly string[];
}

/** `action` follows "cannot": "start container web-app". */
export function playFailure(
  action: string,
  { object, path }: Place,
  cause: unknown,
  { log = [] }: PlayFailureOptions = {},
): EngineError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const diagnostic = object.at(path, { severity: "error", message: `cannot ${action}: ${reason}` });
  const { source, line, column } = diagnostic;
  const hints = [
    ...(log.length === 0 ? [] : [["its last output:", ...log.map((text) => `  ${text}`)].join("\n")]),
    ...(isEngineError(cause) && cause.hint !== undefined ? [cause.hint] : []),
  ];
  return new EngineError("KUBE_PLAY_FAILED", `${source}:${line}:${column}: ${diagnostic.message}`, {
    cause,
    details: { object: `${object.kind}/${object.name}`, diagnostics: [diagnostic] },
    ...(hints.length === 0 ? {} : { hint: hints.join("\n") }),
  });
}

/** Runs `work`; what it throws is told as a failure to do `action` there. */
export async function at<T>(place: Place, action: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isEngineError(error, "KUBE_PLAY_FAILED", "CANCELED")) throw error;
    throw playFailure(action, place, error);
  }
}

/** The same failure with more to tell. */
export function amended(
  error: unknown,
  more: { readonly hint?: string; readonly warnings?: readonly Diagnostic[] },
): unknown {
  if (error instanceof AggregateError) {
    const [first, ...others] = error.errors as readonly unknown[];
    return new AggregateError([amended(first, more), ...others], error.message);
  }
  if (!isEngineError(error, "KUBE_PLAY_FAILED", "CANCELED")) return error;
  const hints = [error.hint, more.hint].filter((text) => text !== undefined);
  const { warnings = [] } = more;
  return new EngineError(error.code, error.message, {
    cause: error.cause,
    details: { ...error.details, ...(warnings.length === 0 ? {} : { warnings }) },
    ...(hints.length === 0 ? {} : { hint: hints.join("\n") }),
  });
}

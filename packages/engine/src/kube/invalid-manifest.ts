/** All that is wrong with manifests, as one error. */
import type { Diagnostic } from "@podwright/spec/engine-api/kube";
import { EngineError } from "@podwright/spec/errors/engine-error";

/** The message counts; `details.diagnostics` has the errors, and the warnings among them, in order. */
export function invalidManifest(diagnostics: readonly Diagnostic[]): EngineError {
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  const sources = [...new Set(errors.map(({ source }) => (source === "-" ? "standard input" : source)))];
  const count = errors.length === 1 ? "1 error" : `${errors.length} errors`;
  return new EngineError("KUBE_INVALID", `${count} in ${sources.join(", ")}`, { details: { diagnostics } });
}

/** What reading YAML gives: checked objects that still know where each of their fields stands. */
import type { Diagnostic } from "@podwright/spec/engine-api/kube";

/** Members and indices from the object's root: ["spec", "containers", 0, "image"]. */
export type FieldPath = readonly (string | number)[];

/** One object of a manifest, lists expanded: plain JSON that fits its kind's schema, null members left out. */
export interface ManifestObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** A diagnostic at that field, or at the nearest one above it that is written there. */
  readonly at: (path: FieldPath, finding: Finding) => Diagnostic;
}

export interface Finding {
  readonly severity: "error" | "warning";
  readonly message: string;
  readonly hint?: string;
  /** The member's key is meant, not its value. */
  readonly atKey?: boolean;
}

/** A Service is not run, but its name leads to the pods that it selects. */
export interface ServiceName {
  readonly name: string;
  /** Never empty. */
  readonly selector: Readonly<Record<string, string>>;
}

export interface Manifest {
  /** Those that the engine runs; of a document with errors as much as could be read. */
  readonly objects: readonly ManifestObject[];
  readonly services: readonly ServiceName[];
  /** In the order of the sources. */
  readonly diagnostics: readonly Diagnostic[];
}

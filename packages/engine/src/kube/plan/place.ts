/** A field of a manifest's object, and the list that findings about it go to. */
import type { Diagnostic } from "@podwright/spec/engine-api/kube";
import type { FieldPath, Finding, ManifestObject } from "../manifest.ts";

export class Place {
  constructor(
    readonly object: ManifestObject,
    readonly path: FieldPath,
    private readonly findings: Diagnostic[],
  ) {}

  at(...more: FieldPath): Place {
    return more.length === 0 ? this : new Place(this.object, [...this.path, ...more], this.findings);
  }

  error(message: string, hint?: string): void {
    this.tell({ severity: "error", message, ...(hint === undefined ? {} : { hint }) });
  }

  warn(message: string, hint?: string): void {
    this.tell({ severity: "warning", message, ...(hint === undefined ? {} : { hint }) });
  }

  /** About the member's key, where that is what is wrong. */
  errorAtKey(message: string, hint?: string): void {
    this.tell({ severity: "error", message, atKey: true, ...(hint === undefined ? {} : { hint }) });
  }

  /** What several containers share is told once. */
  private tell(finding: Finding): void {
    const made = this.object.at(this.path, finding);
    const told = this.findings.some(
      (other) =>
        other.line === made.line &&
        other.column === made.column &&
        other.source === made.source &&
        other.message === made.message,
    );
    if (!told) this.findings.push(made);
  }
}

/** `"x"`, as messages show values. */
export function quote(value: string): string {
  return JSON.stringify(value);
}

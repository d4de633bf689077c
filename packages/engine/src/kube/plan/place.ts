/** A field of a manifest's object, and the list that findings about it go to. */
import type { Diagnostic } from "@podwright/spec/engine-api/kube";
import type { FieldPath, Finding, ManifestObject } from "../manifest.ts";

export interface Findings {
  readonly made: Diagnostic[];
  /** What reading has found already. */
  readonly read: readonly Diagnostic[];
}

export class Place {
  constructor(
    readonly object: ManifestObject,
    readonly path: FieldPath,
    private readonly findings: Findings,
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

  /** About the member's key, where that is what is meant. */
  errorAtKey(message: string, hint?: string): void {
    this.tell({ severity: "error", message, atKey: true, ...(hint === undefined ? {} : { hint }) });
  }

  warnAtKey(message: string): void {
    this.tell({ severity: "warning", message, atKey: true });
  }

  /** What several containers share is told once, and a field that reading has refused not again. */
  private tell(finding: Finding): void {
    const made = this.object.at(this.path, finding);
    const { line, column, source } = made;
    const isHere = (other: Diagnostic): boolean =>
      other.line === line && other.column === column && other.source === source;
    if (this.findings.read.some((other) => other.severity === "error" && isHere(other))) return;
    if (this.findings.made.some((other) => other.message === made.message && isHere(other))) return;
    this.findings.made.push(made);
  }
}

/** `"x"`, as messages show values. */
export function quote(value: string): string {
  return JSON.stringify(value);
}

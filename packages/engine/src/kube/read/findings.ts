/** Collects what is wrong with manifests, places it in the text, and gives it back in order. */
import type { Diagnostic } from "@podwright/spec/engine-api/kube";
import type { FieldPath, Finding } from "../manifest.ts";
import { type Located, isNull, offsetOf, valueAt } from "./located.ts";

/** A source's text by lines, for positions and excerpts. */
export class SourceText {
  readonly name: string;
  readonly text: string;
  readonly #starts: number[] = [0];

  constructor(name: string, text: string) {
    this.name = name;
    this.text = text;
    for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) this.#starts.push(at + 1);
  }

  /** At an offset; one beyond the end is taken as the last character. */
  diagnose(offset: number, path: string, finding: Finding): Diagnostic {
    const { line, column, excerpt } = this.#place(Math.max(0, Math.min(offset, this.text.length)));
    return {
      severity: finding.severity,
      source: this.name,
      line,
      column,
      path,
      message: finding.message,
      excerpt,
      ...(finding.hint === undefined ? {} : { hint: finding.hint }),
    };
  }

  lineOf(offset: number): number {
    return this.#place(offset).line;
  }

  #place(offset: number): { line: number; column: number; excerpt: string } {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    const start = this.#starts[low] ?? 0;
    const end = this.#starts[low + 1] ?? this.text.length + 1;
    const excerpt = this.text.slice(start, end - 1).replace(/\r$/, "");
    return { line: low + 1, column: Math.min(offset - start, excerpt.length) + 1, excerpt };
  }
}

/** One object of a source and what was found in it. */
export class ObjectFindings {
  readonly diagnostics: Diagnostic[] = [];
  readonly #source: SourceText;
  readonly #root: Located;
  readonly #title: string;
  readonly #settled = new Set<string>();

  /** `title` as in "Pod/web"; "" where even the kind is unknown. */
  constructor(source: SourceText, root: Located, title: string) {
    this.#source = source;
    this.#root = root;
    this.#title = title;
  }

  at(path: FieldPath, finding: Finding): Diagnostic {
    const offset = offsetOf(this.#root, path, finding.atKey === true);
    return this.#source.diagnose(offset, pathText(this.#title, path), finding);
  }

  error(path: FieldPath, message: string, hint?: string): void {
    this.#add(path, { severity: "error", message, ...(hint === undefined ? {} : { hint }) });
  }

  errorAtKey(path: FieldPath, message: string, hint?: string): void {
    this.#add(path, { severity: "error", message, atKey: true, ...(hint === undefined ? {} : { hint }) });
  }

  warnAtKey(path: FieldPath, message: string, hint?: string): void {
    this.#add(path, { severity: "warning", message, atKey: true, ...(hint === undefined ? {} : { hint }) });
  }

  warn(path: FieldPath, message: string, hint?: string): void {
    this.#add(path, { severity: "warning", message, ...(hint === undefined ? {} : { hint }) });
  }

  get failed(): boolean {
    return this.diagnostics.some(({ severity }) => severity === "error");
  }

  /** Of a field that has to be there and to hold something. */
  required(path: FieldPath, hint?: string): void {
    const name = path.at(-1);
    const written = valueAt(this.#root, path);
    const message =
      written === undefined || isNull(written)
        ? `missing required field "${name}"`
        : "required value: must not be empty";
    this.error(path, message, hint);
  }

  /** From here on nothing more is said of fields that have an error, nor of what is below them. */
  settle(): void {
    for (const { severity, path } of this.diagnostics) if (severity === "error") this.#settled.add(path);
  }

  #isSettled(path: FieldPath): boolean {
    return path.some((_, depth) => this.#settled.has(pathText(this.#title, path.slice(0, depth + 1))));
  }

  #add(path: FieldPath, finding: Finding): void {
    if (this.#settled.size > 0 && this.#isSettled(path)) return;
    this.diagnostics.push(this.at(path, finding));
  }
}

/** "Pod/web: spec.containers[0].image", names with dots in brackets: "metadata.labels[app.kubernetes.io/name]". */
export function pathText(title: string, path: FieldPath): string {
  const parts = path.map((part) => {
    if (typeof part === "number") return `[${part}]`;
    return /^[\w-]+$/.test(part) ? `.${part}` : `[${part}]`;
  });
  const text = parts.join("").replace(/^\./, "");
  if (title === "" || text === "") return title === "" ? text : title;
  return `${title}: ${text}`;
}

/** By source (in the order given), line and column; what was found first stays first at one place. */
export function sortDiagnostics(
  diagnostics: readonly Diagnostic[],
  sources: readonly string[],
): readonly Diagnostic[] {
  const rank = new Map(sources.map((name, index) => [name, index]));
  const order = ({ source }: Diagnostic): number => rank.get(source) ?? sources.length;
  return diagnostics.toSorted((a, b) => order(a) - order(b) || a.line - b.line || a.column - b.column);
}

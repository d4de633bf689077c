/** What every rule is given, and the checks that most of them share. */
import type { FieldPath } from "../../manifest.ts";
import type { ObjectFindings } from "../findings.ts";
import { type NameProblem, invalid } from "./names.ts";

export class Rules {
  readonly findings: ObjectFindings;

  constructor(findings: ObjectFindings) {
    this.findings = findings;
  }

  /** At the value. */
  report(path: FieldPath, problem: NameProblem | undefined): void {
    if (problem !== undefined) this.findings.error(path, problem.message, problem.hint);
  }

  /** At the member's key. */
  reportKey(path: FieldPath, problem: NameProblem | undefined): void {
    if (problem !== undefined) this.findings.errorAtKey(path, problem.message, problem.hint);
  }

  required(path: FieldPath, hint?: string): void {
    this.findings.required(path, hint);
  }

  /** A name that must be there and hold to a rule. */
  name(path: FieldPath, value: string | undefined, rule: (value: string) => NameProblem | undefined): void {
    if (value === undefined || value === "") this.required(path);
    else this.report(path, rule(value));
  }

  between(path: FieldPath, value: number | undefined, least: number, most: number): void {
    if (value !== undefined && (value < least || value > most))
      this.report(path, invalid(value, `must be between ${least} and ${most}`));
  }

  atLeast(path: FieldPath, value: number | undefined, least: number): void {
    if (value !== undefined && value < least) this.report(path, invalid(value, `must be at least ${least}`));
  }

  /** Permission bits; the commonest mistake is decimal digits that were meant as octal. */
  mode(path: FieldPath, value: number | undefined): void {
    if (value === undefined || (value >= 0 && value <= 0o777)) return;
    const hint = /^[0-7]{3}$/.test(String(value)) ? `octal numbers begin with 0: 0${value}` : undefined;
    this.report(path, invalid(value, "must be between 0 and 0777", hint));
  }

  /** Names the second of two that are equal. */
  unique(path: FieldPath, value: string, seen: Set<string>): void {
    if (value === "") return;
    if (seen.has(value)) this.findings.error(path, `duplicate value "${value}"`);
    seen.add(value);
  }

  /**
   * Of several members exactly one is to be there: gives its name.
   * @param what "a probe needs a handler"
   */
  exactlyOne<T extends object>(
    path: FieldPath,
    owner: T,
    choices: readonly (keyof T & string)[],
    what: string,
  ): (keyof T & string) | undefined {
    const chosen = choices.filter((name) => owner[name] !== undefined);
    for (const extra of chosen.slice(1))
      this.findings.errorAtKey(
        [...path, extra],
        `forbidden: "${chosen[0] ?? ""}" is set too, one of them must go`,
      );
    if (chosen.length === 0) this.findings.error(path, what, `one of ${choices.join(", ")}`);
    return chosen[0];
  }
}

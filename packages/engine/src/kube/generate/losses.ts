/** Collects what the manifest does not say, in the order it was found, each once. */
export class Losses {
  readonly #lines = new Set<string>();

  /** `subject` names the object: "container web". */
  add(subject: string, text: string): void {
    this.#lines.add(`${subject}: ${text}`);
  }

  list(): readonly string[] {
    return [...this.#lines];
  }
}

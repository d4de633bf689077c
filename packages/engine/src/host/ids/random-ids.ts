/** Ids and names by chance, from the global generator: node:crypto would cost milliseconds at start-up. */
import type { IdSource } from "../../ports/ids.ts";
import { ADJECTIVES, SURNAMES } from "./words.ts";

export class RandomIds implements IdSource {
  id(): string {
    for (;;) {
      const id = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("hex");
      // Twelve digits that read as a number would be taken for one: Podman avoids them too.
      if (/[a-f]/.test(id.slice(0, 12))) return id;
    }
  }

  name(attempt: number): string {
    const pick = (words: readonly string[]): string => words[below(words.length)] ?? "";
    const name = `${pick(ADJECTIVES)}_${pick(SURNAMES)}`;
    return attempt === 0 ? name : `${name}${below(10 ** Math.min(attempt, 9))}`;
  }
}

/** Names need no secrecy. */
function below(limit: number): number {
  return Math.floor(Math.random() * limit);
}

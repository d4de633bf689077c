/** Ids and names by chance. */
import { randomBytes, randomInt } from "node:crypto";
import type { IdSource } from "../../ports/ids.ts";
import { ADJECTIVES, SURNAMES } from "./words.ts";

export class RandomIds implements IdSource {
  id(): string {
    for (;;) {
      const id = randomBytes(32).toString("hex");
      // Twelve digits that read as a number would be taken for one: Podman avoids them too.
      if (/[a-f]/.test(id.slice(0, 12))) return id;
    }
  }

  name(attempt: number): string {
    const pick = (words: readonly string[]): string => words[randomInt(words.length)] ?? "";
    const name = `${pick(ADJECTIVES)}_${pick(SURNAMES)}`;
    return attempt === 0 ? name : `${name}${randomInt(10 ** Math.min(attempt, 9))}`;
  }
}

/** Guesses what was meant by a word that is not known. */
import { editDistance } from "../../base/edit-distance.ts";

/** The known words that are at most so many edits away, or that the word begins; as cobra chooses them. */
export function suggestionsFor(word: string, known: readonly string[], maxDistance = 2): readonly string[] {
  const typed = word.toLowerCase();
  return known.filter((name) => {
    const candidate = name.toLowerCase();
    return candidate.startsWith(typed) || editDistance(typed, candidate) <= maxDistance;
  });
}

/** The lines of "Did you mean this?", empty without suggestions. */
export function didYouMean(suggestions: readonly string[]): string {
  return suggestions.length === 0 ? "" : `\n\nDid you mean this?\n\t${suggestions.join("\n\t")}\n`;
}

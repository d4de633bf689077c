/** Guesses what was meant by a word that is not known. */

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

/** Levenshtein distance. */
export function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (previous[j - 1] ?? 0) + Number(a[i - 1] !== b[j - 1]);
      current.push(Math.min(replaced, (previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}

/** What a verb over several objects gives: an outcome for each, some of them failures. */

/** @throws the first failure */
export function throwFirst(outcomes: readonly { readonly error?: Error }[]): void {
  for (const { error } of outcomes) if (error !== undefined) throw error;
}

/** Work that is done when it is first asked for. */

/** Runs `load` once, for all who ask. */
export function once<T>(load: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: load() }).value;
}

/** Looks for the detach keys in what is typed, as a pure state machine. */

export interface DetachMatcher {
  /** Bytes to pass on now, and whether the keys are complete: what follows them is dropped. */
  readonly feed: (input: Uint8Array) => { readonly pass: Uint8Array; readonly detached: boolean };
}

/** A begun sequence is held back until it is complete or broken. No keys: everything passes. */
export function detachMatcher(keys: readonly number[]): DetachMatcher {
  let held = 0;
  const feed: DetachMatcher["feed"] = (input) => {
    if (keys.length === 0) return { pass: input, detached: false };
    const pass: number[] = [];
    for (const byte of input) {
      const broken = byte === keys[held] ? [] : [...keys.slice(0, held), byte];
      if (broken.length === 0) held += 1;
      if (held === keys.length && broken.length === 0) return { pass: Uint8Array.from(pass), detached: true };
      if (broken.length === 0) continue;
      // The end of what broke off may be the beginning of another attempt.
      held = longestBeginning(keys, broken);
      pass.push(...broken.slice(0, broken.length - held));
    }
    return { pass: Uint8Array.from(pass), detached: false };
  };
  return { feed };
}

/** How many of the last bytes are the first keys: shorter than the whole sequence. */
function longestBeginning(keys: readonly number[], bytes: readonly number[]): number {
  for (let length = Math.min(keys.length - 1, bytes.length); length > 0; length -= 1) {
    const end = bytes.slice(bytes.length - length);
    if (end.every((byte, at) => byte === keys[at])) return length;
  }
  return 0;
}

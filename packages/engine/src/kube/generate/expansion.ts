/** Kubernetes replaces `$(NAME)` in commands and variables; a text that is meant as it stands says `$$(NAME)`. */

const REFERENCE = /^\(([^)]*)\)/;

/** `kept` are names whose references are meant: the engine replaces them at each start too. */
export function escapeReferences(text: string, kept: readonly string[]): string {
  let result = "";
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    result += char;
    if (char !== "$") continue;
    const next = text.charAt(at + 1);
    // "$$" is one dollar there, whatever follows.
    if (next === "$") result += "$";
    else if (next === "(" && !isKept(text.slice(at + 1), kept)) result += "$";
  }
  return result;
}

function isKept(rest: string, kept: readonly string[]): boolean {
  const name = REFERENCE.exec(rest)?.[1];
  return name !== undefined && kept.includes(name);
}

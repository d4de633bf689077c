/** Texts with `$(NAME)` of variables that only a start knows: those stay references, all else is made to stay text. */

/** No YAML text and no variable can hold a NUL, so that what stands here can only be ours. */
const MARK = "\0";

/** Stands for the variable until `finished`. */
export function startReference(name: string): string {
  return `${MARK}(${name})`;
}

export function hasStartReference(text: string): boolean {
  return text.includes(MARK);
}

/**
 * What the engine is given: it replaces `$(NAME)` of `names` at each start and takes `$$(NAME)` for the text
 * `$(NAME)`, which a secret's value may well contain.
 */
export function finished(text: string, names: readonly string[]): string {
  const literal = names.reduce((result, name) => result.replaceAll(`$(${name})`, () => `$$(${name})`), text);
  return literal.replaceAll(MARK, "$");
}

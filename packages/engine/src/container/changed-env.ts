/** Variables of a container that change: each keeps its place. */

export interface EnvChange {
  /** "KEY=value" */
  readonly env?: readonly string[];
  readonly unsetEnv?: readonly string[];
}

/** What is set wins over what is unset, as when a container is created. */
export function changedEnv(
  present: readonly string[],
  { env = [], unsetEnv = [] }: EnvChange,
): readonly string[] {
  const variables = new Map(present.map((text) => [nameOf(text), text]));
  for (const name of unsetEnv) variables.delete(name);
  for (const text of env) variables.set(nameOf(text), text);
  return [...variables.values()];
}

function nameOf(text: string): string {
  const equals = text.indexOf("=");
  return equals === -1 ? text : text.slice(0, equals);
}

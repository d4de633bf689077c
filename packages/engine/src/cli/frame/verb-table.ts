/** The shape of the generated verb table, and how words lead to a verb in it. */
import type { Command, Flags } from "./command.ts";

export interface Verb {
  readonly summary: string;
  readonly hidden?: boolean;
  /** Another name of a verb of the same parent: found, but not listed. */
  readonly alias?: boolean;
  /** Loads the verb's module, and nothing else of the program. */
  readonly load: () => Promise<Command>;
}

/** Words joined by blanks ("pod create") → verb. */
export type VerbTable = Readonly<Record<string, Verb>>;

/** Words of a noun ("pod", "system connection") → its summary and what its help says beyond that. */
export interface Group {
  readonly summary: string;
  readonly description?: string;
  readonly hidden?: boolean;
}
export type GroupTable = Readonly<Record<string, Group>>;

export interface Tables {
  readonly verbs: VerbTable;
  readonly groups: GroupTable;
}

/** Takes the command out of its module and forgets the literal types of its flags, which the parser checks anyway. */
export function commandOf<F extends Flags>(module: { readonly command: Command<F> }): Command {
  return module.command as unknown as Command;
}

export interface Child {
  readonly name: string;
  readonly summary: string;
}

/** What a parent's help lists, by name: verbs and nouns that have any, without hidden ones and other names. */
export function listedChildren(tables: Tables, parent: readonly string[]): readonly Child[] {
  const keys = Object.keys(tables.verbs);
  const entries: (readonly [string, Verb | Group])[] = [
    ...Object.entries(tables.verbs),
    ...Object.entries(tables.groups).filter(([noun]) => keys.some((key) => key.startsWith(`${noun} `))),
  ];
  return entries
    .map(([key, entry]) => ({ words: key.split(" "), entry }))
    .filter(({ words }) => words.length === parent.length + 1 && parent.every((word, i) => words[i] === word))
    .filter(({ entry }) => !entry.hidden && !("alias" in entry && entry.alias))
    .map(({ words, entry }) => ({ name: words.at(-1) ?? "", summary: entry.summary }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

export function findVerb(tables: Tables, path: readonly string[]): Verb | undefined {
  const key = path.join(" ");
  return Object.hasOwn(tables.verbs, key) ? tables.verbs[key] : undefined;
}

export function findGroup(tables: Tables, path: readonly string[]): Group | undefined {
  const key = path.join(" ");
  return Object.hasOwn(tables.groups, key) ? tables.groups[key] : undefined;
}

/** All places of a command, the canonical one first. */
export function pathsOf(command: Command): readonly (readonly string[])[] {
  return [command.path, ...(command.also ?? [])];
}

/** The names that a command has under one parent, the one to show first. */
export function namesUnder(command: Command, parent: readonly string[]): readonly string[] {
  return pathsOf(command)
    .filter((path) => path.length === parent.length + 1 && parent.every((word, i) => path[i] === word))
    .map((path) => path.at(-1) ?? "");
}

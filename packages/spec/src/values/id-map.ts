/** Ids of a user namespace and those outside that they stand for: user_namespaces(7), and how users write them. */
import { EngineError } from "../errors/engine-error.ts";

export interface IdMapping {
  /** First id in the namespace. */
  readonly inside: number;
  /** What it is in the namespace around. */
  readonly outside: number;
  readonly size: number;
}

export interface IdMappings {
  readonly uid: readonly IdMapping[];
  readonly gid: readonly IdMapping[];
}

export type IdKind = "uid" | "gid";

const LAST_ID = 4_294_967_295;

/** undefined where the namespace has no such id. */
export function outsideId(mappings: readonly IdMapping[], id: number): number | undefined {
  const found = mappings.find(({ inside, size }) => id >= inside && id < inside + size);
  return found === undefined ? undefined : found.outside + (id - found.inside);
}

/** undefined where nothing inside stands for it. */
export function insideId(mappings: readonly IdMapping[], id: number): number | undefined {
  const found = mappings.find(({ outside, size }) => id >= outside && id < outside + size);
  return found === undefined ? undefined : found.inside + (id - found.outside);
}

/** Whether the user namespace has the engine's own user and group: its root gets to what is the engine's alone. */
export function seesEngine({ uid, gid }: IdMappings): boolean {
  return insideId(uid, 0) !== undefined && insideId(gid, 0) !== undefined;
}

export interface IdMapContext {
  /** What "@ID" is looked up in: `outside` are the host's ids, `inside` those that a mapping can name. */
  readonly parent: readonly IdMapping[];
  /** A first mapping with "+" leaves all other ids of the parent to the engine (ordinary users). */
  readonly fill: boolean;
}

interface Flags {
  readonly extend: boolean;
  readonly kinds: readonly IdKind[];
}

/** `[+ug]INSIDE:[@]OUTSIDE[:SIZE]`, several of them; those that are marked for the other kind are left out. @throws CONTAINER_INVALID */
export function parseIdMap(values: readonly string[], kind: IdKind, context: IdMapContext): IdMapping[] {
  let result: IdMapping[] = [];
  let fill = false;
  for (const value of values) {
    if (value === "") continue;
    for (const [first, second, third] of triples(value, kind)) {
      const { flags, rest } = splitFlags(first, value);
      if (!flags.kinds.includes(kind)) continue;
      for (const mapping of readTriple([rest, second, third], kind, context)) {
        if (mapping.size === 0) continue;
        if (flags.extend && result.length === 0 && context.fill) fill = true;
        result = flags.extend ? [...without(result, mapping), mapping] : [...result, mapping];
      }
    }
  }
  return mergeIdMap(fill ? filled(mergeIdMap(result), context.parent) : result);
}

function triples(value: string, kind: IdKind): [string, string, string][] {
  const parts = value.split(":");
  if (parts.length === 2) parts.push("1");
  if (parts.length % 3 !== 0) throw malformed(kind, value);
  const result: [string, string, string][] = [];
  for (let at = 0; at < parts.length; at += 3) {
    const [inside = "", outside = "", size = ""] = parts.slice(at, at + 3);
    if (inside === "") throw malformed(kind, value);
    result.push([inside, outside, size]);
  }
  return result;
}

function splitFlags(text: string, value: string): { readonly flags: Flags; readonly rest: string } {
  const [, letters = "", rest = ""] = /^([^0-9]*)(.*)$/s.exec(text) ?? [];
  const unknown = /[^+ug]/.exec(letters)?.[0];
  if (unknown !== undefined) throw invalid(`invalid mapping: ${value}. Unknown flag ${unknown}`);
  if (rest === "") throw invalid(`invalid mapping: ${value}, parsing flags`);
  const [user, group] = [letters.includes("u"), letters.includes("g")];
  const kinds: IdKind[] = user === group ? ["uid", "gid"] : user ? ["uid"] : ["gid"];
  return { flags: { extend: letters.includes("+"), kinds }, rest };
}

function readTriple(
  [inside, outside, size]: readonly [string, string, string],
  kind: IdKind,
  { parent }: IdMapContext,
): IdMapping[] {
  const count = readId(size);
  const first = readId(inside);
  if (!outside.startsWith("@")) return [{ inside: first, outside: readId(outside), size: count }];
  const from = readId(outside.slice(1));
  return mergeIdMap(throughParent({ inside: first, outside: from, size: count }, parent, kind));
}

/** Piece by piece of the parent's, so that a range of thousands costs as little as one id. */
function throughParent(wanted: IdMapping, parent: readonly IdMapping[], kind: IdKind): IdMapping[] {
  const result: IdMapping[] = [];
  for (let done = 0; done < wanted.size; ) {
    const id = wanted.outside + done;
    const piece = parent.find(({ outside, size }) => id >= outside && id < outside + size);
    if (piece === undefined) {
      throw invalid(`parent ID ${kind.toUpperCase()} ${id} is not mapped/delegated`);
    }
    const size = Math.min(wanted.size - done, piece.outside + piece.size - id);
    result.push({ inside: wanted.inside + done, outside: piece.inside + (id - piece.outside), size });
    done += size;
  }
  return result;
}

function readId(text: string): number {
  const id = Number(text);
  if (/^\d+$/.test(text) && id <= LAST_ID) return id;
  throw invalid(`parsing id map value ${JSON.stringify(text)}: invalid syntax`);
}

/** What is left of `mappings` when neither side of `taken` may be used by them. */
function without(mappings: readonly IdMapping[], taken: IdMapping): IdMapping[] {
  return mappings.flatMap((piece) =>
    cut(piece, taken.inside - piece.inside, taken.size).flatMap((part) =>
      cut(part, taken.outside - part.outside, taken.size),
    ),
  );
}

/** `piece` without `size` ids from its own id `start` on, which may lie outside of it. */
function cut(piece: IdMapping, start: number, size: number): IdMapping[] {
  const part = (from: number, to: number): IdMapping[] =>
    to <= from ? [] : [{ inside: piece.inside + from, outside: piece.outside + from, size: to - from }];
  const from = Math.min(Math.max(start, 0), piece.size);
  const to = Math.min(Math.max(start + size, 0), piece.size);
  return from >= to ? [piece] : [...part(0, from), ...part(to, piece.size)];
}

/** Ids inside that nothing was said of, from 0 on, get what is left of the parent's. `given` is sorted. */
function filled(given: readonly IdMapping[], parent: readonly IdMapping[]): IdMapping[] {
  const free = subtractIds(
    parent.map(({ inside, size }) => ({ first: inside, size })),
    given.map(({ outside, size }) => ({ first: outside, size })),
  );
  const result: IdMapping[] = [];
  let next = 0;
  const takeUntil = (end: number): void => {
    for (let range = free[0]; range !== undefined && next < end; range = free[0]) {
      const size = Math.min(end - next, range.size);
      result.push({ inside: next, outside: range.first, size });
      next += size;
      if (size === range.size) free.shift();
      else free[0] = { first: range.first + size, size: range.size - size };
    }
  };
  for (const piece of given) {
    takeUntil(piece.inside);
    result.push(piece);
    next = piece.inside + piece.size;
  }
  takeUntil(Number.POSITIVE_INFINITY);
  return result;
}

/**
 * The kernel takes a mapping whose outer ids are in one piece of the parent's map: those that are in several are cut
 * there. @throws CONTAINER_INVALID for ids that the parent does not have
 */
export function cutAtParent(
  mappings: readonly IdMapping[],
  parent: readonly IdMapping[],
  kind: IdKind,
): IdMapping[] {
  return mappings.flatMap((wanted) => {
    const result: IdMapping[] = [];
    for (let done = 0; done < wanted.size; ) {
      const id = wanted.outside + done;
      const piece = parent.find(({ inside, size }) => id >= inside && id < inside + size);
      if (piece === undefined) throw notOurs(wanted, parent, kind);
      const size = Math.min(wanted.size - done, piece.inside + piece.size - id);
      result.push({ inside: wanted.inside + done, outside: id, size });
      done += size;
    }
    return result;
  });
}

function notOurs(
  { inside, outside, size }: IdMapping,
  parent: readonly IdMapping[],
  kind: IdKind,
): EngineError {
  const last = Math.max(...parent.map((piece) => piece.inside + piece.size)) - 1;
  return new EngineError(
    "CONTAINER_INVALID",
    `${kind} mapping ${inside}:${outside}:${size}: only the ids 0 to ${last} are there to be mapped`,
    {
      hint: "for an ordinary user the second number counts the user's own ids: 0 is the user, 1 the first of /etc/subuid or /etc/subgid; @ID is one of the host",
    },
  );
}

export interface IdRange {
  readonly first: number;
  readonly size: number;
}

/** In order: what of `all` is in none of `used`. */
export function subtractIds(all: readonly IdRange[], used: readonly IdRange[]): IdRange[] {
  let left = [...all];
  for (const { first, size } of used) {
    left = left.flatMap((range) =>
      cut({ inside: range.first, outside: 0, size: range.size }, first - range.first, size).map((part) => ({
        first: part.inside,
        size: part.size,
      })),
    );
  }
  return left.sort((a, b) => a.first - b.first);
}

/** By the ids inside; those that go on where others end on both sides become one. */
export function mergeIdMap(mappings: readonly IdMapping[]): IdMapping[] {
  const result: IdMapping[] = [];
  for (const piece of mappings.toSorted((a, b) => a.inside - b.inside)) {
    const last = result.at(-1);
    const follows =
      last !== undefined &&
      last.inside + last.size === piece.inside &&
      last.outside + last.size === piece.outside;
    if (follows) result[result.length - 1] = { ...last, size: last.size + piece.size };
    else result.push(piece);
  }
  return result;
}

/** The kernel takes no others. @throws CONTAINER_INVALID */
export function checkIdMap(mappings: readonly IdMapping[], kind: IdKind): void {
  for (const side of ["inside", "outside"] as const) {
    const sorted = mappings.toSorted((a, b) => a[side] - b[side]);
    for (const [at, piece] of sorted.entries()) {
      const next = sorted[at + 1];
      if (piece[side] + piece.size - 1 > LAST_ID) {
        throw invalid(`${kind} mapping ${piece.inside}:${piece.outside}:${piece.size}: no such ids`);
      }
      if (next === undefined || piece[side] + piece.size <= next[side]) continue;
      throw invalid(
        `${kind} mappings ${piece.inside}:${piece.outside}:${piece.size} and ` +
          `${next.inside}:${next.outside}:${next.size} overlap`,
      );
    }
  }
}

function malformed(kind: IdKind, value: string): EngineError {
  return invalid(
    `initializing ID mappings: ${kind.toUpperCase()} setting is malformed expected ["[+ug]uint32:[@]uint32[:uint32]"] : ${JSON.stringify([value])}`,
  );
}

function invalid(message: string): EngineError {
  return new EngineError("CONTAINER_INVALID", message);
}

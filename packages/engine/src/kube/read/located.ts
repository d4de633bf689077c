/** A value that knows where it stands in its source: what YAML is turned into before anything is checked. */
import type { FieldPath } from "../manifest.ts";

export type Located = LocatedScalar | LocatedMap | LocatedList;

export interface LocatedScalar {
  readonly kind: "scalar";
  /** `float` is a number with a fraction, or beyond what a number holds exactly. */
  readonly type: "string" | "boolean" | "integer" | "float" | "null";
  readonly value: string | boolean | number | null;
  /** As written, without quotes. */
  readonly text: string;
  readonly start: number;
}

export interface LocatedMap {
  readonly kind: "map";
  readonly start: number;
  readonly members: ReadonlyMap<string, LocatedMember>;
}

export interface LocatedMember {
  readonly keyStart: number;
  readonly value: Located;
}

export interface LocatedList {
  readonly kind: "list";
  readonly start: number;
  readonly items: readonly Located[];
}

export function memberOf(node: Located, name: string): Located | undefined {
  return node.kind === "map" ? node.members.get(name)?.value : undefined;
}

export function stringMember(node: Located, name: string): string | undefined {
  const member = memberOf(node, name);
  return member?.kind === "scalar" && typeof member.value === "string" ? member.value : undefined;
}

export function isNull(node: Located): boolean {
  return node.kind === "scalar" && node.type === "null";
}

/**
 * The offset to show for a path: of the value, of its key where that is meant or the value is empty, else of the key
 * (or the item) that is the nearest above.
 */
export function offsetOf(root: Located, path: FieldPath, atKey: boolean): number {
  let node = root;
  /** Of the key or item that `node` stands at. */
  let anchor = root.start;
  for (const [depth, part] of path.entries()) {
    const next = step(node, part);
    if (next === undefined) return anchor;
    anchor = next.anchor;
    node = next.node;
    if (depth === path.length - 1) return atKey || isNull(node) ? anchor : node.start;
  }
  return anchor;
}

export function valueAt(root: Located, path: FieldPath): Located | undefined {
  let node: Located | undefined = root;
  for (const part of path) node = node === undefined ? undefined : step(node, part)?.node;
  return node;
}

function step(node: Located, part: string | number): { node: Located; anchor: number } | undefined {
  if (node.kind === "map" && typeof part === "string") {
    const member = node.members.get(part);
    return member && { node: member.value, anchor: member.keyStart };
  }
  if (node.kind === "list" && typeof part === "number") {
    const item = node.items[part];
    return item && { node: item, anchor: item.start };
  }
  return undefined;
}

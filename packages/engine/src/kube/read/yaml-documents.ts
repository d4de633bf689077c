/** YAML (or JSON) text → values with positions; every mistake of syntax becomes a finding, none is thrown. */
import {
  type Alias,
  type Document,
  type Node,
  type Pair,
  type ParsedNode,
  type YAMLError,
  type YAMLMap,
  type YAMLSeq,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  parseAllDocuments,
  visit,
} from "yaml";
import type { FieldPath } from "../manifest.ts";
import type { Located, LocatedMember, LocatedScalar } from "./located.ts";
import { plainScalar, taggedScalar } from "./yaml-scalars.ts";

export interface SyntaxFinding {
  readonly offset: number;
  readonly message: string;
  readonly hint?: string;
  /** From the document's root, where there is one. */
  readonly path?: FieldPath;
  /** Of a duplicate: where the first one is. */
  readonly first?: number;
}

export interface YamlDocument {
  /** Absent for a document that is empty or cannot be read. */
  readonly root?: Located;
  readonly findings: readonly SyntaxFinding[];
}

/** Deeper nesting is nobody's manifest, and would use up the stack. */
const DEEPEST = 200;
/** Values that aliases may add to those written out: enough for any manifest, too little for an alias bomb. */
const MOST_ALIASED = 100_000;

export function readYaml(text: string): readonly YamlDocument[] {
  const tooDeep = nestingBeyond(text);
  if (tooDeep !== undefined)
    return [{ findings: [{ offset: tooDeep, message: `nested more than ${DEEPEST} levels deep` }] }];
  // Every scalar comes as the string that it is: what it means is Kubernetes' business (yaml-scalars.ts).
  const documents = parseAllDocuments(text, {
    schema: "failsafe",
    resolveKnownTags: false,
    uniqueKeys: false,
    merge: false,
    prettyErrors: false,
    logLevel: "silent",
  });
  return "empty" in documents ? [] : documents.map(readDocument);
}

/** The offset at which brackets or indentation are too deep for a parser that recurses. */
function nestingBeyond(text: string): number | undefined {
  let depth = 0;
  let dashes = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === 0x5b || char === 0x7b) depth++;
    else if (char === 0x5d || char === 0x7d) depth = Math.max(0, depth - 1);
    // "- - - -" nests lists on one line.
    else if (char === 0x2d || char === 0x3f) dashes++;
    else if (char === 0x0a) {
      const next = /[ -]*/y;
      next.lastIndex = at + 1;
      if ((next.exec(text)?.[0].length ?? 0) > DEEPEST * 8) return at + 1;
      dashes = 0;
    }
    if (depth > DEEPEST) return at;
    if (dashes > DEEPEST * 8 && /^[ ?-]*$/.test(text.slice(text.lastIndexOf("\n", at) + 1, at))) return at;
  }
  return undefined;
}

function readDocument(document: Document.Parsed): YamlDocument {
  const first = document.errors.toSorted((a, b) => a.pos[0] - b.pos[0])[0];
  // What follows a first mistake of syntax is mostly its echo.
  if (first !== undefined) return { findings: [syntaxFinding(first)] };
  if (document.contents === null) return { findings: [] };
  return new DocumentReader(document.contents).read();
}

function syntaxFinding(error: YAMLError): SyntaxFinding {
  const offset = error.pos[0];
  if (error.code === "TAB_AS_INDENT")
    return { offset, message: "a tab cannot indent", hint: "indent with spaces" };
  if (error.code === "BAD_INDENT")
    return { offset, message: `wrong indentation: ${lowerFirst(error.message)}` };
  return { offset, message: `not YAML: ${lowerFirst(error.message)}` };
}

function lowerFirst(text: string): string {
  return `${text.charAt(0).toLowerCase()}${text.slice(1)}`;
}

class DocumentReader {
  readonly #contents: ParsedNode;
  readonly #findings: SyntaxFinding[] = [];
  /** What each alias stands for: the last anchor of its name before it. */
  readonly #targets = new Map<Alias, Node | undefined>();
  readonly #open = new Set<Node>();
  readonly #path: (string | number)[] = [];
  #aliased = 0;
  #withinAlias = 0;
  #bomb = false;

  constructor(contents: ParsedNode) {
    this.#contents = contents;
  }

  read(): YamlDocument {
    this.#resolveAliases();
    const root = this.#value(this.#contents);
    // A document of comments only, or a lone "---".
    if (root.kind === "scalar" && root.type === "null" && this.#findings.length === 0)
      return { findings: [] };
    return this.#bomb ? { findings: this.#findings } : { root, findings: this.#findings };
  }

  /** Once, however often aliases bring it up. */
  #report(finding: SyntaxFinding): void {
    const { offset, message } = finding;
    if (this.#findings.some((other) => other.offset === offset && other.message === message)) return;
    this.#findings.push({ ...finding, path: [...this.#path] });
  }

  #within(part: string | number, node: unknown): Located {
    this.#path.push(part);
    const value = this.#value(node);
    this.#path.pop();
    return value;
  }

  #resolveAliases(): void {
    const anchors = new Map<string, Node>();
    visit(this.#contents, {
      Alias: (_, alias) => {
        this.#targets.set(alias, anchors.get(alias.source));
      },
      Collection: (_, node) => {
        if (node.anchor !== undefined) anchors.set(node.anchor, node);
      },
      Scalar: (_, node) => {
        if (node.anchor !== undefined) anchors.set(node.anchor, node);
      },
    });
  }

  #value(node: unknown): Located {
    if (this.#withinAlias > 0 && ++this.#aliased > MOST_ALIASED) return this.#refuseBomb(node);
    if (isAlias(node)) return this.#alias(node);
    if (isMap(node)) return this.#guarded(node, () => this.#map(node));
    if (isSeq(node)) return this.#guarded(node, () => this.#list(node));
    if (isScalar(node)) return this.#scalar(node);
    return { kind: "scalar", type: "null", value: null, text: "", start: 0 };
  }

  #refuseBomb(node: unknown): Located {
    if (!this.#bomb)
      this.#report({ offset: startOf(node), message: "the document's aliases expand to too much" });
    this.#bomb = true;
    return { kind: "scalar", type: "null", value: null, text: "", start: startOf(node) };
  }

  #alias(alias: Alias): Located {
    const start = startOf(alias);
    const target = this.#targets.get(alias);
    if (target === undefined || this.#open.has(target)) {
      const message =
        target === undefined
          ? `unknown anchor "${alias.source}"`
          : `anchor "${alias.source}" contains itself`;
      this.#report({ offset: start, message });
      return { kind: "scalar", type: "null", value: null, text: "", start };
    }
    this.#withinAlias++;
    const value = this.#value(target);
    this.#withinAlias--;
    return value;
  }

  #guarded(node: YAMLMap | YAMLSeq, read: () => Located): Located {
    if (node.tag !== undefined && !/^tag:yaml\.org,2002:(?:map|seq)$/.test(node.tag))
      this.#report({ offset: startOf(node), message: `unknown tag "${shortTag(node.tag)}"` });
    this.#open.add(node);
    const value = this.#bomb ? this.#refuseBomb(node) : read();
    this.#open.delete(node);
    return value;
  }

  #map(node: YAMLMap): Located {
    const members = new Map<string, LocatedMember>();
    const merged = new Map<string, LocatedMember>();
    for (const pair of node.items) {
      if (!isPair(pair)) continue;
      if (isMergeKey(pair)) this.#merge(pair, merged);
      else this.#member(pair, members);
    }
    // Members of its own win over merged ones.
    for (const [name, member] of merged) if (!members.has(name)) members.set(name, member);
    return { kind: "map", start: startOf(node), members };
  }

  #member(pair: Pair, members: Map<string, LocatedMember>): void {
    const keyStart = startOf(pair.key);
    const key = this.#value(pair.key);
    if (key.kind !== "scalar" || key.type === "null") {
      this.#report({ offset: keyStart, message: "a key must be a string" });
      return;
    }
    const name = String(key.value);
    const known = members.get(name);
    if (known !== undefined) {
      this.#path.push(name);
      this.#report({ offset: keyStart, message: `duplicate field "${name}"`, first: known.keyStart });
      this.#path.pop();
      return;
    }
    const value: Located =
      pair.value === null || pair.value === undefined
        ? { kind: "scalar", type: "null", value: null, text: "", start: keyStart }
        : this.#within(name, pair.value);
    members.set(name, { keyStart, value });
  }

  #merge(pair: Pair, merged: Map<string, LocatedMember>): void {
    const value = this.#value(pair.value);
    const maps = value.kind === "list" ? value.items : [value];
    for (const map of maps) {
      if (map.kind !== "map") {
        this.#report({ offset: startOf(pair.key), message: '"<<" merges mappings only' });
        return;
      }
      for (const [name, member] of map.members) if (!merged.has(name)) merged.set(name, member);
    }
  }

  #list(node: YAMLSeq): Located {
    return {
      kind: "list",
      start: startOf(node),
      items: node.items.map((item, index) => this.#within(index, item)),
    };
  }

  #scalar(node: Node & { value: unknown; source?: string; type?: string; tag?: string }): LocatedScalar {
    const start = startOf(node);
    const text = String(node.value);
    if (node.tag !== undefined) {
      const meaning = taggedScalar(node.tag, text);
      if (meaning !== undefined) return { kind: "scalar", ...meaning, text, start };
      this.#report({
        offset: start,
        message: `"${text}" does not fit the tag "${shortTag(node.tag)}"`,
      });
    }
    const meaning = node.type === "PLAIN" ? plainScalar(text) : ({ type: "string", value: text } as const);
    return { kind: "scalar", ...meaning, text, start };
  }
}

function isMergeKey(pair: Pair): boolean {
  return isScalar(pair.key) && pair.key.value === "<<" && pair.key.type === "PLAIN";
}

function startOf(node: unknown): number {
  if (isAlias(node) || isMap(node) || isSeq(node) || isScalar(node)) return node.range?.[0] ?? 0;
  return 0;
}

function shortTag(tag: string): string {
  return tag.replace("tag:yaml.org,2002:", "!!");
}

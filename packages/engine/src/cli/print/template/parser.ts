/** Parses the tokens of a Go template into its syntax tree. */
import type { Command, Node, Operand, Pipeline } from "./ast.ts";
import { parseFailure, type TemplateSource } from "./failure.ts";
import { type Token, type TokenKind, tokenize } from "./lexer.ts";

/** `isFunction` says which bare words may be called. Throws CLI_FORMAT_INVALID. */
export function parseTemplate(
  source: TemplateSource,
  isFunction: (name: string) => boolean,
): readonly Node[] {
  const parser = new Parser(source, isFunction);
  const { nodes, stop } = parser.list(false);
  if (stop !== undefined) throw parser.failure(`unexpected {{${stop}}}`);
  return nodes;
}

const BLOCKS = new Set(["if", "with", "range"]);
const UNSUPPORTED = new Set(["define", "template", "block"]);

interface List {
  readonly nodes: readonly Node[];
  /** The word that ended the list: "end" or "else"; undefined at the end of the text. */
  readonly stop: "end" | "else" | undefined;
}

class Parser {
  readonly #source: TemplateSource;
  readonly #isFunction: (name: string) => boolean;
  readonly #tokens: readonly Token[];
  #next = 0;
  #rangeDepth = 0;
  /** Names that are declared where the parser stands, innermost last. */
  readonly #scope: string[] = ["$"];

  constructor(source: TemplateSource, isFunction: (name: string) => boolean) {
    this.#source = source;
    this.#isFunction = isFunction;
    this.#tokens = tokenize(source);
  }

  /** Nodes up to `{{end}}` or `{{else`, whose word is consumed, or up to the end of the text. */
  list(inBlock: boolean): List {
    const nodes: Node[] = [];
    for (;;) {
      const token = this.#take();
      if (token.kind === "end") {
        if (inBlock) throw this.failure("unexpected EOF");
        return { nodes, stop: undefined };
      }
      if (token.kind === "text") {
        nodes.push({ kind: "text", text: token.text });
        continue;
      }
      const word = this.#peek().kind === "word" ? this.#peek().text : "";
      if (word === "end" || word === "else") {
        this.#take();
        if (word === "end") this.#expect("close", "end");
        return { nodes, stop: word };
      }
      nodes.push(this.#action(word));
    }
  }

  failure(message: string): Error {
    return parseFailure(this.#source, this.#peek().offset, message);
  }

  #action(word: string): Node {
    if (UNSUPPORTED.has(word)) throw this.failure(`{{${word}}} is not supported`);
    if (BLOCKS.has(word)) {
      this.#take();
      return this.#block(word as "if" | "with" | "range");
    }
    if (word === "break" || word === "continue") {
      this.#take();
      if (this.#rangeDepth === 0) throw this.failure(`{{${word}}} outside {{range}}`);
      this.#expect("close", word);
      return { kind: word };
    }
    const pipeline = this.#pipeline("command");
    this.#expect("close", "command");
    return { kind: "action", pipeline };
  }

  #block(kind: "if" | "with" | "range"): Node {
    const depth = this.#scope.length;
    const pipeline = this.#pipeline(kind);
    this.#expect("close", kind);
    if (kind === "range") this.#rangeDepth++;
    const list = this.list(true);
    if (kind === "range") this.#rangeDepth--;
    const otherwise = list.stop === "else" ? this.#else(kind) : [];
    this.#scope.length = depth;
    return { kind, pipeline, body: list.nodes, otherwise };
  }

  /** After `{{else`: `{{else}}…{{end}}`, or `{{else if …}}`, which shares the `{{end}}`. */
  #else(kind: "if" | "with" | "range"): readonly Node[] {
    const token = this.#peek();
    if (token.kind === "word" && token.text === kind && kind !== "range") {
      this.#take();
      return [this.#block(kind)];
    }
    this.#expect("close", "else");
    const list = this.list(true);
    if (list.stop === "else") throw this.failure("expected end; found {{else}}");
    return list.nodes;
  }

  #pipeline(context: string): Pipeline {
    const { variables, assigns } = this.#declaration(context);
    const commands: Command[] = [];
    for (;;) {
      const first = this.#operand();
      if (first === undefined) {
        throw this.failure(
          commands.length === 0 ? `missing value for ${context}` : `missing value for command`,
        );
      }
      commands.push([first, ...this.#arguments()]);
      if (!this.#isSymbol("|")) break;
      this.#take();
    }
    for (const command of commands.slice(1)) {
      const kind = command[0].kind;
      if (kind === "literal" || kind === "dot" || kind === "nil") {
        throw this.failure(`non executable command in pipeline stage ${commands.indexOf(command) + 1}`);
      }
    }
    if (!assigns) this.#scope.push(...variables);
    return { variables, assigns, commands };
  }

  /** `$x :=`, `$x =`, and in range `$i, $x :=`. */
  #declaration(context: string): { variables: readonly string[]; assigns: boolean } {
    const names: string[] = [];
    const start = this.#next;
    while (this.#peek().kind === "variable") {
      names.push(this.#take().text);
      if (this.#isSymbol(":=") || this.#isSymbol("=")) {
        const assigns = this.#take().text === "=";
        for (const name of assigns ? names : []) this.#checkDeclared(name);
        return { variables: names, assigns };
      }
      if (context !== "range" || names.length > 1 || !this.#isSymbol(",")) break;
      this.#take();
    }
    this.#next = start;
    return { variables: [], assigns: false };
  }

  #arguments(): Operand[] {
    const operands: Operand[] = [];
    for (;;) {
      const token = this.#peek();
      if (token.kind === "close" || (token.kind === "symbol" && ["|", ")"].includes(token.text)))
        return operands;
      const operand = this.#operand();
      if (operand === undefined) throw this.failure(`unexpected ${JSON.stringify(token.text)} in operand`);
      operands.push(operand);
    }
  }

  #operand(): Operand | undefined {
    const token = this.#peek();
    const at = (): { offset: number; source: string } => ({
      offset: token.offset,
      source: this.#source.text.slice(token.offset, this.#tokens[this.#next - 1]?.endOffset),
    });
    switch (token.kind) {
      case "field": {
        const names = this.#fieldChain(true);
        return { kind: "field", names, ...at() };
      }
      case "variable": {
        this.#take();
        this.#checkDeclared(token.text);
        const names = this.#fieldChain(false);
        return { kind: "variable", name: token.text, names, ...at() };
      }
      case "literal":
        this.#take();
        return { kind: "literal", value: token.value ?? "", ...at() };
      case "word":
        this.#take();
        return this.#word(token, at());
      case "symbol":
        if (token.text === ".") {
          this.#take();
          return { kind: "dot", ...at() };
        }
        if (token.text !== "(") return undefined;
        return { ...this.#parenthesised(), ...at() };
      case "text":
      case "open":
      case "close":
      case "end":
        return undefined;
    }
  }

  #parenthesised(): { kind: "pipeline"; pipeline: Pipeline; names: readonly string[] } {
    this.#take();
    const pipeline = this.#pipeline("parenthesized pipeline");
    if (!this.#isSymbol(")")) throw this.failure("unclosed left paren");
    this.#take();
    return { kind: "pipeline", pipeline, names: this.#fieldChain(false) };
  }

  #word(token: Token, at: { offset: number; source: string }): Operand {
    if (token.text === "true" || token.text === "false") {
      return { kind: "literal", value: token.text === "true", ...at };
    }
    if (token.text === "nil") return { kind: "nil", ...at };
    if (!this.#isFunction(token.text)) {
      throw parseFailure(this.#source, token.offset, `function ${JSON.stringify(token.text)} not defined`);
    }
    return { kind: "function", name: token.text, ...at };
  }

  /** `.A.B`: fields that follow one another without a blank. */
  #fieldChain(start: boolean): string[] {
    const names: string[] = start ? [this.#take().text] : [];
    while (this.#peek().kind === "field" && !this.#peek().spaced) names.push(this.#take().text);
    return names;
  }

  #checkDeclared(name: string): void {
    if (!this.#scope.includes(name)) throw this.failure(`undefined variable ${JSON.stringify(name)}`);
  }

  #expect(kind: TokenKind, context: string): void {
    const token = this.#peek();
    if (token.kind !== kind) throw this.failure(`unexpected ${JSON.stringify(token.text)} in ${context}`);
    this.#take();
  }

  #isSymbol(text: string): boolean {
    const token = this.#peek();
    return token.kind === "symbol" && token.text === text;
  }

  #peek(): Token {
    const token = this.#tokens[this.#next] ?? this.#tokens.at(-1);
    if (token === undefined) throw new Error("a token list ends with an end token");
    return token;
  }

  #take(): Token {
    const token = this.#peek();
    this.#next++;
    return token;
  }
}

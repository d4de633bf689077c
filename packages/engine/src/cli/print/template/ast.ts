/** The syntax tree of a Go template: what the parser gives and the evaluator walks. */

/** Where a node stands: offset into the template's text, and the text itself for messages. */
export interface Position {
  readonly offset: number;
  readonly source: string;
}

export type Operand = Position &
  (
    | { readonly kind: "dot" }
    | { readonly kind: "nil" }
    | { readonly kind: "literal"; readonly value: string | number | boolean }
    | { readonly kind: "field"; readonly names: readonly string[] }
    | { readonly kind: "variable"; readonly name: string; readonly names: readonly string[] }
    | { readonly kind: "function"; readonly name: string }
    | { readonly kind: "pipeline"; readonly pipeline: Pipeline; readonly names: readonly string[] }
  );

/** One or more operands: the first is the value or the function, the others are its arguments. */
export type Command = readonly [Operand, ...Operand[]];

export interface Pipeline {
  /** Variables that it declares (`:=`) or sets (`=`); two only in `range`. */
  readonly variables: readonly string[];
  readonly assigns: boolean;
  readonly commands: readonly Command[];
}

export interface Branch {
  readonly pipeline: Pipeline;
  readonly body: readonly Node[];
  readonly otherwise: readonly Node[];
}

export type Node =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "action"; readonly pipeline: Pipeline }
  | ({ readonly kind: "if" | "with" | "range" } & Branch)
  | { readonly kind: "break" | "continue" };

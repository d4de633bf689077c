/** Walks a template's syntax tree over data and writes the text. */
import { isEngineError } from "@podwright/spec/errors/engine-error";
import type { Branch, Command, Node, Operand, Pipeline } from "./ast.ts";
import { executionFailure, type TemplateSource } from "./failure.ts";
import { callFunction } from "./functions.ts";
import { show } from "./show.ts";
import { asGoValue, isMethod, isTrue, lookUpField, sortedEntries, typeName } from "./values.ts";

/** Throws CLI_FORMAT_INVALID where the template asks for what the data has not. */
export function evaluate(source: TemplateSource, nodes: readonly Node[], data: unknown): string {
  const run = new Run(source, data);
  run.walk(nodes, data);
  return run.output;
}

type Flow = "next" | "break" | "continue";

/** Stands for "no argument comes through the pipe", which nil is not. */
const NOTHING = Symbol("nothing");

class Run {
  output = "";
  readonly #source: TemplateSource;
  readonly #variables: { name: string; value: unknown }[];

  constructor(source: TemplateSource, data: unknown) {
    this.#source = source;
    this.#variables = [{ name: "$", value: data }];
  }

  walk(nodes: readonly Node[], dot: unknown): Flow {
    for (const node of nodes) {
      const flow = this.#node(node, dot);
      if (flow !== "next") return flow;
    }
    return "next";
  }

  #node(node: Node, dot: unknown): Flow {
    switch (node.kind) {
      case "text":
        this.output += node.text;
        return "next";
      case "action": {
        const value = this.#pipeline(node.pipeline, dot);
        if (node.pipeline.variables.length === 0)
          this.output += value === undefined ? "<no value>" : show(value);
        return "next";
      }
      case "if":
      case "with":
        return this.#scoped(() => {
          const value = this.#pipeline(node.pipeline, dot);
          if (!isTrue(value)) return this.walk(node.otherwise, dot);
          return this.walk(node.body, node.kind === "with" ? value : dot);
        });
      case "range":
        return this.#scoped(() => this.#range(node, dot));
      case "break":
      case "continue":
        return node.kind;
    }
  }

  #scoped(body: () => Flow): Flow {
    const depth = this.#variables.length;
    const flow = body();
    this.#variables.length = depth;
    return flow;
  }

  #range(node: Branch, dot: unknown): Flow {
    const { variables, assigns } = node.pipeline;
    const value = this.#pipeline({ ...node.pipeline, variables: [] }, dot);
    const items = this.#items(value, node.pipeline);
    if (items.length === 0) return this.walk(node.otherwise, dot);
    for (const [key, item] of items) {
      const flow = this.#scoped(() => {
        // With one variable it holds the element, with two the first holds the index or key.
        const values = variables.length === 2 ? [key, item] : [item];
        variables.forEach((name, i) => this.#setVariable(name, values[i], assigns));
        return this.walk(node.body, item);
      });
      if (flow === "break") break;
    }
    return "next";
  }

  #items(value: unknown, pipeline: Pipeline): readonly (readonly [unknown, unknown])[] {
    if (value === null || value === undefined) return [];
    if (Array.isArray(value)) return value.map((element, i) => [i, asGoValue("", element)]);
    if (value instanceof Map) return sortedEntries(value).map(([k, v]) => [k, asGoValue("", v)]);
    if (typeof value === "number" && Number.isInteger(value)) {
      return Array.from({ length: Math.max(0, value) }, (_, i) => [i, i]);
    }
    throw executionFailure(this.#source, place(pipeline), `range can't iterate over ${show(value)}`);
  }

  #pipeline(pipeline: Pipeline, dot: unknown): unknown {
    let value: unknown = NOTHING;
    for (const command of pipeline.commands) value = this.#command(command, dot, value);
    for (const name of pipeline.variables) this.#setVariable(name, value, pipeline.assigns);
    return value;
  }

  #command([first, ...rest]: Command, dot: unknown, piped: unknown): unknown {
    const evaluateArguments = (): unknown[] => {
      const values = rest.map((operand) => this.#operand(operand, dot));
      return piped === NOTHING ? values : [...values, piped];
    };
    switch (first.kind) {
      case "function":
        if (first.name === "and" || first.name === "or")
          return this.#decide(first.name, rest, { dot, piped });
        return this.#call(first, evaluateArguments(), rest.at(-1) ?? first);
      case "field":
        return this.#fields(first, dot, { names: first.names, args: evaluateArguments() });
      case "variable":
        return this.#fields(first, this.#variable(first.name), {
          names: first.names,
          args: evaluateArguments(),
        });
      case "pipeline": {
        const value = this.#pipeline(first.pipeline, dot);
        return this.#fields(first, value, { names: first.names, args: evaluateArguments() });
      }
      case "dot":
      case "nil":
      case "literal":
        if (rest.length > 0) {
          throw executionFailure(this.#source, first, `can't give argument to non-function ${first.source}`);
        }
        if (first.kind === "nil") throw executionFailure(this.#source, first, "nil is not a command");
        return first.kind === "dot" ? dot : first.value;
    }
  }

  /** `and` and `or` evaluate no more than they need. */
  #decide(
    name: "and" | "or",
    operands: readonly Operand[],
    context: { dot: unknown; piped: unknown },
  ): unknown {
    let value: unknown = context.piped;
    for (const operand of operands) {
      value = this.#operand(operand, context.dot);
      if (isTrue(value) === (name === "or")) return value;
    }
    return context.piped === NOTHING ? value : context.piped;
  }

  #operand(operand: Operand, dot: unknown): unknown {
    return operand.kind === "nil" ? null : this.#command([operand], dot, NOTHING);
  }

  #call(at: Operand & { readonly kind: "function" }, args: readonly unknown[], last: Operand): unknown {
    try {
      return callFunction(at.name, args);
    } catch (error) {
      if (!isEngineError(error, "CLI_FORMAT_INVALID")) throw error;
      const source = this.#source.text.slice(at.offset, last.offset + last.source.length);
      throw executionFailure(this.#source, { ...at, source }, error.message);
    }
  }

  /** `.A.B args`: only the last may be a method with arguments. */
  #fields(
    at: Operand,
    owner: unknown,
    chain: { names: readonly string[]; args: readonly unknown[] },
  ): unknown {
    const { names, args } = chain;
    if (names.length === 0) {
      if (args.length === 0) return owner;
      throw executionFailure(this.#source, at, `can't give argument to non-function ${at.source}`);
    }
    return names.reduce<unknown>((value, name, i) => {
      const found = lookUpField(value, name);
      if (!found.found) throw this.#unknownField(at, found);
      const given = i === names.length - 1 ? args : [];
      if (isMethod(found.value)) return asGoValue(name, found.value(...given));
      if (given.length === 0) return found.value;
      throw executionFailure(this.#source, at, `${name} is not a method but has arguments`);
    }, owner);
  }

  #unknownField(at: Operand, failure: { reason: string; known?: readonly string[] }): Error {
    const error = executionFailure(this.#source, at, failure.reason);
    if (failure.known === undefined || failure.known.length === 0) return error;
    const names = failure.known.toSorted().join(", ");
    return Object.assign(error, { hint: `Known fields: ${names}` });
  }

  #variable(name: string): unknown {
    return this.#variables.findLast((v) => v.name === name)?.value;
  }

  #setVariable(name: string, value: unknown, assigns: boolean): void {
    const existing = assigns ? this.#variables.findLast((v) => v.name === name) : undefined;
    if (existing) existing.value = value;
    else this.#variables.push({ name, value });
  }
}

function place(pipeline: Pipeline): Operand {
  return pipeline.commands[0]?.[0] ?? { kind: "dot", offset: 0, source: typeName(undefined) };
}

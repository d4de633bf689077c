/** From the command line to an exit status: find the verb, parse its flags, run it, report what went wrong. */
import { EngineError, isEngineError } from "@podwright/spec/errors/engine-error";
import { createLog, type Log } from "../../base/log.ts";
import { describeFailure, exitCodeOf } from "../print/failures.ts";
import { checkUsage } from "./arg-count.ts";
import type { Command, Flags, FlagValues, Io } from "./command.ts";
import { parseCommandLine, type ParsedLine } from "./flag-parser.ts";
import { nameOfShorthand } from "./flag-names.ts";
import {
  checkLogFlags,
  ENGINE_FLAGS,
  readGlobals,
  refuseGlobalFlag,
  ROOT_FLAGS,
  SHARED_FLAGS,
} from "./global-flags.ts";
import { commandHelp, groupHelp, helpOfHelp, rootHelp } from "./help.ts";
import { type CreateEngine, lazyEngine } from "./lazy-engine.ts";
import type { Output } from "./process-io.ts";
import { didYouMean, suggestionsFor } from "./suggest.ts";
import { findGroup, findVerb, listedChildren, namesUnder, type Tables } from "./verb-table.ts";
import { programName, versionLine } from "./version-line.ts";

export interface Program {
  /** As typed, the program's name or path first. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  readonly tables: Tables;
  readonly openIo: (output: Output) => Io;
  readonly createEngine: CreateEngine;
}

/** Runs the program to its end and gives the exit status. Throws only for bugs in the streams themselves. */
export async function runProgram(program: Program): Promise<number> {
  const session = new Session(program);
  try {
    return await session.run();
  } catch (error) {
    return session.report(error);
  }
}

class Session {
  readonly #program: Program;
  /** What the program was called. */
  readonly #name: string;
  #io: Io;
  #log: Log | undefined;
  /** Global flags given so far, by name; a later one wins. */
  readonly #globals: Record<string, unknown> = {};

  constructor(program: Program) {
    this.#program = program;
    this.#name = programName(program.argv);
    this.#io = program.openIo({ kind: "stdout" });
  }

  async run(): Promise<number> {
    const line = this.#parse(this.#program.argv.slice(1), ROOT_FLAGS, [], true);
    if (line.values["version"] === true)
      return this.#print(versionLine(this.#program.argv, this.#program.version));
    const output = outputOf(line);
    if (output) this.#io = this.#program.openIo(output);
    if (line.values["help"] === true) return this.#print(rootHelp(this.#help, ROOT_FLAGS));
    return await this.#descend([], line.args);
  }

  report(error: unknown): number {
    if (isEngineError(error, "CLI_OUTPUT_CLOSED")) return error.exitCode;
    if (isEngineError(error, "CLI_LOG_LEVEL_UNKNOWN")) {
      // Podman prints this one without `Error: `.
      this.#io.err(`${error.message}\n`);
      return error.exitCode;
    }
    this.#io.err(describeFailure(error));
    if (this.#log?.enabled("debug") && error instanceof Error) {
      for (let e: unknown = error; e instanceof Error; e = e.cause) this.#log.debug(e.stack ?? e.message);
    }
    return exitCodeOf(error);
  }

  /** `words` begin with the name of a verb or noun under `parent`. */
  async #descend(parent: readonly string[], words: readonly string[]): Promise<number> {
    const [word, ...rest] = words;
    if (word === undefined) return this.#missingCommand(parent);
    if (parent.length === 0 && word === "help") return await this.#helpFor(rest);
    const path = [...parent, word];
    const verb = findVerb(this.#program.tables, path);
    if (verb) return await this.#runVerb(await verb.load(), path, rest);
    if (!findGroup(this.#program.tables, path)) throw this.#unknownCommand(parent, word);
    const line = this.#parse(rest, { ...SHARED_FLAGS, ...HELP_FLAG }, path, true);
    if (line.values["help"] === true) return this.#print(groupHelp(this.#help, path));
    return await this.#descend(path, line.args);
  }

  async #runVerb(command: Command, calledAs: readonly string[], words: readonly string[]): Promise<number> {
    const parent = calledAs.slice(0, -1);
    const path = [...parent, namesUnder(command, parent)[0] ?? calledAs.at(-1) ?? ""];
    const flags = { ...SHARED_FLAGS, ...helpFlag(command.flags), ...command.flags };
    const line = this.#parse(words, flags, path, command.stopAtFirstArg ?? false);
    if (line.values["help"] === true && !Object.hasOwn(command.flags, "help")) {
      return this.#print(commandHelp(this.#help, command, calledAs));
    }
    checkLogFlags(this.#globals);
    const { logLevel, ...globals } = readGlobals({ ...globalDefaults(), ...this.#globals });
    const log = createLog(logLevel, (text) => this.#io.err(text));
    this.#log = log;
    this.#introduce(log, path);
    checkUsage(command, line, [this.#name, ...path].join(" "));
    const status = await command.run({
      flags: line.values as FlagValues<Flags>,
      given: (flag) => line.given.has(flag),
      args: line.args,
      argv: this.#program.argv,
      program: this.#name,
      engine: lazyEngine(() => this.#program.createEngine({ ...globals, log, program: this.#name })),
      io: this.#io,
      env: this.#program.env,
      log,
    });
    return status ?? 0;
  }

  /** The first lines of a log tell whose it is. */
  #introduce(log: Log, path: readonly string[]): void {
    log.info(`${this.#name} filtering at log level ${log.level}`);
    log.debug(`${this.#name} ${this.#program.version} runs ${JSON.stringify(path.join(" "))}`);
    log.trace(`command line: ${JSON.stringify(this.#program.argv)}`);
  }

  #parse(
    words: readonly string[],
    flags: Flags,
    path: readonly string[],
    stopAtFirstArg: boolean,
  ): ParsedLine {
    const line = parseCommandLine(words, {
      flags,
      commandPath: [this.#name, ...path].join(" "),
      stopAtFirstArg,
      ...(path.length === 0 ? { refusal: refuseGlobalFlag } : {}),
    });
    for (const name of line.given) {
      // A command's own flag of the same name is not the global one.
      if (flags[name] === ENGINE_FLAGS[name]) this.#globals[name] = line.values[name];
    }
    return line;
  }

  async #helpFor(path: readonly string[]): Promise<number> {
    const [first] = path;
    if (first === undefined) return this.#print(rootHelp(this.#help, ROOT_FLAGS));
    if (["--help", "-h", "help"].includes(first)) return this.#print(helpOfHelp(this.#help));
    const verb = findVerb(this.#program.tables, path);
    if (verb) return this.#print(commandHelp(this.#help, await verb.load(), path));
    if (findGroup(this.#program.tables, path)) return this.#print(groupHelp(this.#help, path));
    throw this.#unknownCommand(path.slice(0, -1), path.at(-1) ?? "");
  }

  #missingCommand(parent: readonly string[]): never {
    this.#print(parent.length === 0 ? rootHelp(this.#help, ROOT_FLAGS) : groupHelp(this.#help, parent));
    throw new EngineError("CLI_USAGE", `missing command '${[this.#name, ...parent].join(" ")} COMMAND'`);
  }

  #unknownCommand(parent: readonly string[], word: string): EngineError {
    const path = [this.#name, ...parent].join(" ");
    const near = suggestionsFor(
      word,
      listedChildren(this.#program.tables, parent).map((child) => child.name),
    );
    return new EngineError("CLI_USAGE", `unrecognized command \`${path} ${word}\`${didYouMean(near)}`, {
      hint: `Try '${path} --help' for more information`,
    });
  }

  get #help(): { program: string; tables: Tables } {
    return { program: this.#name, tables: this.#program.tables };
  }

  #print(text: string): number {
    this.#io.out(text);
    return 0;
  }
}

const HELP_FLAG: Flags = { help: { type: "bool", short: "h", hidden: true, help: "Help for the command" } };

/** `-h` is help unless the command has an `-h` of its own (`pod create -h` is --hostname). */
function helpFlag(flags: Flags): Flags {
  if (nameOfShorthand(flags, "h") === undefined) return HELP_FLAG;
  return { help: { type: "bool", hidden: true, help: "Help for the command" } };
}

function globalDefaults(): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(SHARED_FLAGS).map(([name, flag]) => [name, "default" in flag ? flag.default : undefined]),
  );
}

function outputOf(line: ParsedLine): Output | undefined {
  const path = line.values["out"];
  if (line.values["noout"] === true) return { kind: "discard" };
  return typeof path === "string" && path !== "" ? { kind: "file", path } : undefined;
}

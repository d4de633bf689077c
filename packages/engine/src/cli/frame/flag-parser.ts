/** Parses a command line with pflag's rules: `--flag=v`, `--flag v`, `-abc`, `-p8080:80`, `--`. */
import { EngineError, isEngineError } from "@podwright/spec/errors/engine-error";
import type { Flag, Flags } from "./command.ts";
import { declaredName, nameOfShorthand } from "./flag-names.ts";
import { absentValue, addValue, isSwitch } from "./flag-values.ts";
import { didYouMean, suggestionsFor } from "./suggest.ts";

export interface ParseOptions {
  readonly flags: Flags;
  /** "podwright pod ps": errors name it in `See '… --help'`. */
  readonly commandPath: string;
  /** Everything from the first positional argument on is left as it stands. */
  readonly stopAtFirstArg: boolean;
  /** Flags that exist elsewhere but not here: refused with this error instead of "unknown flag". */
  readonly refusal?: (flag: string) => EngineError | undefined;
}

export interface ParsedLine {
  /** A value for every declared flag. */
  readonly values: Readonly<Record<string, unknown>>;
  readonly given: ReadonlySet<string>;
  readonly args: readonly string[];
}

/** Throws CLI_USAGE, worded as pflag words it. */
export function parseCommandLine(line: readonly string[], options: ParseOptions): ParsedLine {
  const parser = new LineParser(line, options);
  parser.run();
  return parser;
}

class LineParser implements ParsedLine {
  readonly values: Record<string, unknown>;
  readonly given = new Set<string>();
  readonly args: string[] = [];
  readonly #options: ParseOptions;
  readonly #words: string[];

  constructor(line: readonly string[], options: ParseOptions) {
    this.#options = options;
    this.#words = [...line];
    this.values = Object.fromEntries(
      Object.entries(options.flags).map(([name, flag]) => [name, absentValue(flag)]),
    );
  }

  run(): void {
    for (let word = this.#words.shift(); word !== undefined; word = this.#words.shift()) {
      if (word === "--") {
        this.args.push(...this.#words);
        return;
      }
      if (word.startsWith("--")) this.#long(word.slice(2));
      else if (word.startsWith("-") && word !== "-") this.#cluster(word.slice(1));
      else {
        this.args.push(word);
        if (!this.#options.stopAtFirstArg) continue;
        this.args.push(...this.#words);
        return;
      }
    }
  }

  #long(text: string): void {
    const [typed, value] = splitAtEquals(text);
    if (typed === "" || typed.startsWith("-")) throw this.#failure(`bad flag syntax: --${text}`);
    const name = declaredName(this.#options.flags, typed);
    const flag = name === undefined ? undefined : this.#options.flags[name];
    if (name === undefined || flag === undefined) throw this.#unknownFlag(typed);
    this.#set(name, flag, value ?? this.#nextValue(flag, `flag needs an argument: --${typed}`));
  }

  /** `-it`, `-p8080:80`, `-p=8080:80`, `-p 8080:80`: the first flag that takes a value takes the rest. */
  #cluster(letters: string): void {
    for (let rest = letters; rest !== ""; ) {
      const letter = String.fromCodePoint(rest.codePointAt(0) ?? 0);
      const name = nameOfShorthand(this.#options.flags, letter);
      const flag = name === undefined ? undefined : this.#options.flags[name];
      if (name === undefined || flag === undefined) throw this.#unknownShorthand(letter, rest);
      const after = rest.slice(letter.length);
      if (after.startsWith("=") && after.length > 1) return this.#set(name, flag, after.slice(1));
      if (!isSwitch(flag)) {
        const missing = `flag needs an argument: ${quoteLetter(letter)} in -${rest}`;
        return this.#set(name, flag, after === "" ? this.#nextValue(flag, missing) : after);
      }
      this.#set(name, flag, "true");
      rest = after;
    }
  }

  #nextValue(flag: Flag, missing: string): string {
    if (isSwitch(flag)) return "true";
    const word = this.#words.shift();
    if (word === undefined) throw this.#failure(missing);
    return word;
  }

  #set(name: string, flag: Flag, text: string): void {
    try {
      this.values[name] = addValue(flag, this.given.has(name) ? this.values[name] : undefined, text);
    } catch (error) {
      if (!isEngineError(error, "CLI_USAGE")) throw error;
      const shown = flag.short === undefined ? `--${name}` : `-${flag.short}, --${name}`;
      throw this.#failure(`invalid argument ${JSON.stringify(text)} for "${shown}" flag: ${error.message}`);
    }
    this.given.add(name);
  }

  #unknownFlag(typed: string): EngineError {
    const refused = this.#options.refusal?.(`--${typed}`);
    if (refused) return refused;
    const known = Object.keys(this.#options.flags).filter(
      (name) => this.#options.flags[name]?.hidden !== true,
    );
    // Among short names nearly everything is two edits away.
    const near = suggestionsFor(typed, known, typed.length > 3 ? 2 : 1).map((name) => `--${name}`);
    return this.#failure(`unknown flag: --${typed}`, didYouMean(near));
  }

  #unknownShorthand(letter: string, rest: string): EngineError {
    const refused = this.#options.refusal?.(`-${letter}`);
    return refused ?? this.#failure(`unknown shorthand flag: ${quoteLetter(letter)} in -${rest}`);
  }

  /** Podman's two lines come first, as scripts know them. */
  #failure(message: string, more = ""): EngineError {
    return new EngineError("CLI_USAGE", message, {
      hint: `See '${this.#options.commandPath} --help'${more.trimEnd()}`,
    });
  }
}

function splitAtEquals(text: string): [name: string, value: string | undefined] {
  const at = text.indexOf("=");
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

/** Go's `%q` of a rune. */
function quoteLetter(letter: string): string {
  return letter === "'" ? String.raw`'\''` : `'${letter}'`;
}

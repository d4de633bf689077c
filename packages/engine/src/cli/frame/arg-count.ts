/** Checks how many names a command was given and which flags were given together, in Podman's words. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { ArgCount, Command } from "./command.ts";
import type { ParsedLine } from "./flag-parser.ts";

/** Throws CLI_USAGE. */
export function checkUsage(command: Command, line: ParsedLine, commandPath: string): void {
  for (const group of command.exclusive ?? []) {
    const together = group.filter((name) => line.given.has(name));
    if (together.length > 1) throw usage(`${listFlags(together)} cannot be set together`, commandPath);
  }
  const problem = countProblem(command.args, line, commandPath);
  if (problem !== undefined) throw usage(problem, commandPath);
}

function countProblem(wanted: ArgCount, line: ParsedLine, commandPath: string): string | undefined {
  const { min, max } = "namesOr" in wanted ? { min: 0, max: wanted.max } : wanted;
  const received = line.args.length;
  if (received >= min && (max === undefined || received <= max))
    return "namesOr" in wanted ? namesProblem(wanted.namesOr, line) : undefined;
  if (max === 0) return `\`${commandPath}\` takes no arguments`;
  if (max === undefined) return `requires at least ${min} arg(s), only received ${received}`;
  if (min === max) return `accepts ${min} arg(s), received ${received}`;
  if (min === 0) return `accepts at most ${max} arg(s), received ${received}`;
  return `accepts between ${min} and ${max} arg(s), received ${received}`;
}

/** Names, or one of the flags that stand for names, never both. */
function namesProblem(flags: readonly string[], line: ParsedLine): string | undefined {
  const hasNames = line.args.length > 0;
  if (line.given.has("filter")) return hasNames ? "--filter takes no arguments" : undefined;
  const [all, latest] = [isSet(line, "all"), isSet(line, "latest")];
  const fileFlag = flags.find((name) => name !== "all" && name !== "latest" && name !== "filter");
  const hasFile = fileFlag !== undefined && isSet(line, fileFlag);
  if (hasFile && (all || latest)) return `--all, --latest, and --${fileFlag} cannot be used together`;
  if (all && latest) return "--all and --latest cannot be used together";
  if (hasNames && all) return "no arguments are needed with --all";
  if (hasNames && latest) return "--latest and containers cannot be used together";
  if (hasNames && hasFile) return `no arguments are needed with --latest or --${fileFlag}`;
  return hasNames || all || latest || hasFile ? undefined : "you must provide at least one name or id";
}

function isSet(line: ParsedLine, flag: string): boolean {
  const value = line.values[flag];
  return Array.isArray(value) ? value.length > 0 : Boolean(value);
}

function listFlags(names: readonly string[]): string {
  const shown = names.map((name) => `--${name}`);
  const last = shown.at(-1) ?? "";
  return shown.length === 2 ? shown.join(" and ") : `${shown.slice(0, -1).join(", ")}, and ${last}`;
}

function usage(message: string, commandPath: string): EngineError {
  return new EngineError("CLI_USAGE", message, { hint: `See '${commandPath} --help'` });
}

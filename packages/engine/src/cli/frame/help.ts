/** The texts of `--help`, laid out as Podman lays them out. */
import type { Command, Flag, Flags } from "./command.ts";
import { type Child, type GroupTable, listedChildren, namesUnder, type Tables } from "./verb-table.ts";

export interface HelpContext {
  /** What the program was called. */
  readonly program: string;
  readonly tables: Tables;
}

const MIN_NAME_WIDTH = 11;

/** Help of the program itself: every verb and noun, and the global flags. */
export function rootHelp(context: HelpContext, flags: Flags): string {
  const children = [
    ...listedChildren(context.tables, []),
    { name: "help", summary: "Help about any command" },
  ].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return [
    "Manage pods, containers and images\n\n",
    `Usage:\n  ${context.program} [options] [command]\n\n`,
    childList(children),
    `\nOptions:\n${flagUsages(flags)}\n`,
  ].join("");
}

/** Help of `help` itself. */
export function helpOfHelp({ program }: HelpContext): string {
  return [
    "Help about any command\n\n",
    "Description:\n  Help provides help for any command in the application.\n",
    `  Simply type ${program} help [path to command] for full details.\n\n`,
    `Usage:\n  ${program} help [command]\n\n`,
  ].join("");
}

/** Help of a noun: its verbs. */
export function groupHelp(context: HelpContext, path: readonly string[]): string {
  const group = groupOf(context.tables.groups, path);
  return [
    `${group.summary}\n\n`,
    `Description:\n  ${group.description ?? group.summary}\n\n`,
    `Usage:\n  ${context.program} ${path.join(" ")} [command]\n\n`,
    childList(listedChildren(context.tables, path)),
    "\n",
  ].join("");
}

/** Help of a verb, in the place where it was called. */
export function commandHelp(context: HelpContext, command: Command, calledAs: readonly string[]): string {
  const parent = calledAs.slice(0, -1);
  const names = namesUnder(command, parent);
  const path = [context.program, ...parent, names[0] ?? calledAs.at(-1) ?? ""].join(" ");
  const hasFlags = Object.values(command.flags).some((flag) => flag.hidden !== true);
  const positional = command.usage.replace(/^\[options\] */, "");
  const usage = [path, hasFlags ? "[options]" : "", positional].filter((part) => part !== "").join(" ");
  const examples = (command.examples ?? []).map((line) => `  ${context.program} ${line}\n`).join("");
  return [
    `${command.summary}\n\n`,
    `Description:\n${indentLines(command.description ?? command.summary)}\n\n`,
    `Usage:\n  ${usage}\n`,
    names.length > 1 ? `\nAliases:\n  ${names.join(", ")}\n` : "",
    examples === "" ? "" : `\nExamples:\n${examples}`,
    hasFlags ? `\nOptions:\n${flagUsages(command.flags)}` : "",
    "\n",
  ].join("");
}

function groupOf(groups: GroupTable, path: readonly string[]): GroupTable[string] {
  return groups[path.join(" ")] ?? { summary: path.join(" ") };
}

function childList(children: readonly Child[]): string {
  const width = Math.max(MIN_NAME_WIDTH, ...children.map((child) => child.name.length));
  const lines = children.map((child) => `  ${child.name.padEnd(width)} ${child.summary}\n`);
  return `Available Commands:\n${lines.join("")}`;
}

function indentLines(text: string): string {
  return text
    .trim()
    .split("\n")
    .map((line) => (line.trim() === "" ? "" : `  ${line.trim()}`))
    .join("\n");
}

/** Wider flags have their text on the next line, so that one long value name does not push all texts away. */
const MAX_LEFT = 48;

/** One line a flag, by name, the texts aligned, as pflag's FlagUsages. */
export function flagUsages(flags: Flags): string {
  const lines = Object.entries(flags)
    .filter(([, flag]) => flag.hidden !== true)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, flag]) => ({ left: leftOf(name, flag), right: flag.help + shownDefault(flag) }));
  const widths = lines.map(({ left }) => left.length).filter((width) => width <= MAX_LEFT);
  const width = Math.max(0, ...widths) + 3;
  const margin = `\n${" ".repeat(width)}`;
  return lines
    .map(({ left, right }) => {
      const start = left.length > MAX_LEFT ? left + margin : left.padEnd(width);
      return `${start}${right.replaceAll("\n", margin)}\n`;
    })
    .join("");
}

function leftOf(name: string, flag: Flag): string {
  const value = flag.valueName ?? typeName(flag);
  const names = flag.short === undefined ? `      --${name}` : `  -${flag.short}, --${name}`;
  return value === "" ? names : `${names} ${value}`;
}

function typeName(flag: Flag): string {
  switch (flag.type) {
    case "bool":
    case "maybe-bool":
      return "";
    case "list":
      return "stringArray";
    case "csv":
      return "strings";
    case "string":
    case "int":
    case "float":
      return flag.type;
  }
}

/** Nothing for a value that says nothing: false, 0, the empty text. */
function shownDefault(flag: Flag): string {
  if (!("default" in flag) || !flag.default) return "";
  return ` (default ${typeof flag.default === "string" ? JSON.stringify(flag.default) : String(flag.default)})`;
}

/** `--env-merge`: variables whose values may name those that the container has anyway. */
import { invalidConfig } from "./inputs.ts";

/** `PATH=${PATH}:/my/bin`; each line sees what the ones before it did. @throws CONTAINER_INVALID */
export function mergeEnvironment(variables: Map<string, string>, lines: readonly string[]): void {
  for (const line of lines) {
    const text = expand(line, variables);
    const equals = text.indexOf("=");
    if (equals < 1) throw invalidConfig(`missing \`=\` for --env-merge substitution ${line}`);
    variables.set(text.slice(0, equals), text.slice(equals + 1));
  }
}

const REFERENCE = String.raw`\$\{(?<name>\w+)(?::(?<modifier>[-+])(?<other>(?:[^}\\]|\\[^])*))?\}|\$(?<bare>\w+)`;
const PART = new RegExp(
  String.raw`\\(?<escaped>[^])|'(?<literal>[^']*)'|"(?<quoted>(?:[^"\\]|\\[^])*)"|${REFERENCE}|(?<stray>['"\\])`,
  "g",
);
/** Between double quotes a `\` stands for itself unless it is before `"`, `$` or `\`. */
const QUOTED_PART = new RegExp(String.raw`\\(?<escaped>["$\\])|${REFERENCE}`, "g");

type Groups = Readonly<Record<string, string | undefined>>;

/** As a shell reads a word: quotes, `\`, `$NAME`, `${NAME}`, `${NAME:-else}`, `${NAME:+instead}`. */
function expand(word: string, variables: ReadonlyMap<string, string>): string {
  return replaceParts(word, PART, (groups) => {
    const { literal, quoted, stray } = groups;
    if (literal !== undefined) return literal;
    if (quoted !== undefined) return replaceParts(quoted, QUOTED_PART, (inner) => resolve(inner, variables));
    if (stray === undefined) return resolve(groups, variables);
    throw invalidConfig(`unable to process variables for --env-merge ${word}: ${stray} has no end`);
  });
}

function resolve(
  { escaped, name, bare, modifier, other = "" }: Groups,
  variables: ReadonlyMap<string, string>,
): string {
  if (escaped !== undefined) return escaped;
  const value = variables.get(name ?? bare ?? "") ?? "";
  if (modifier === undefined) return value;
  const isSet = value !== "";
  if (modifier === "-") return isSet ? value : expand(other, variables);
  return isSet ? expand(other, variables) : "";
}

function replaceParts(text: string, pattern: RegExp, show: (groups: Groups) => string): string {
  let result = "";
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    result += text.slice(end, match.index) + show(match.groups ?? {});
    end = match.index + match[0].length;
  }
  return result + text.slice(end);
}

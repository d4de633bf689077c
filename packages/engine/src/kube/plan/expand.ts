/** Kubernetes' `$(NAME)` in values, arguments and sub-paths: `$$` is a dollar, an unknown name stays as it is written. */

/** What a name stands for; undefined leaves `$(NAME)`. */
export type Lookup = (name: string) => string | undefined;

export function expand(text: string, lookup: Lookup): string {
  let result = "";
  let from = 0;
  for (let dollar = text.indexOf("$"); dollar !== -1; dollar = text.indexOf("$", from)) {
    result += text.slice(from, dollar);
    const next = text[dollar + 1];
    const close = next === "(" ? text.indexOf(")", dollar + 2) : -1;
    if (close !== -1) {
      const name = text.slice(dollar + 2, close);
      result += lookup(name) ?? `$(${name})`;
      from = close + 1;
    } else {
      // `$$` is one dollar, and what follows it no reference; any other dollar is only that.
      result += "$";
      from = dollar + (next === "$" ? 2 : 1);
    }
  }
  return result + text.slice(from);
}

/** The names that `expand` would ask for. */
export function references(text: string): string[] {
  const names: string[] = [];
  expand(text, (name) => {
    names.push(name);
    return "";
  });
  return names;
}

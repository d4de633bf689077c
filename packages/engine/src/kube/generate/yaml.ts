/** Writes JSON-like data as YAML that every reader takes alike: keys sorted, two spaces, texts quoted where in doubt. */

/** Ends with a line break. Members that are undefined are left out. */
export function toYaml(value: unknown): string {
  return `${block(value, 0).replace(/^\n/, "")}\n`;
}

/** What stands after "key:" or "-": a flow on the same line (led by nothing), or lines below (led by a line break). */
function block(value: unknown, depth: number): string {
  if (Array.isArray(value)) return value.length === 0 ? "[]" : list(value, depth);
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    return members.length === 0 ? "{}" : mapping(members, depth);
  }
  if (typeof value === "string") return text(value, depth);
  return JSON.stringify(value) ?? "null";
}

function mapping(members: readonly (readonly [string, unknown])[], depth: number): string {
  const lines = members.map(([key, value]) => {
    // A list may stand at its key's own depth: so do other writers of such files.
    const below = Array.isArray(value) ? depth : depth + 1;
    return `${indent(depth)}${keyText(key)}:${led(block(value, below))}`;
  });
  return `\n${lines.join("\n")}`;
}

function list(items: readonly unknown[], depth: number): string {
  const lines = items.map((item) => {
    const written = block(item, depth + 1);
    // The first line of what is below goes behind the dash, in the place of its indentation.
    return written.startsWith("\n")
      ? `${indent(depth)}- ${written.slice(1).trimStart()}`
      : `${indent(depth)}-${led(written)}`;
  });
  return `\n${lines.join("\n")}`;
}

function led(written: string): string {
  return written.startsWith("\n") ? written : ` ${written}`;
}

function indent(depth: number): string {
  return "  ".repeat(depth);
}

function keyText(key: string): string {
  return isPlain(key) ? key : JSON.stringify(key);
}

function text(value: string, depth: number): string {
  if (isPlain(value)) return value;
  if (isLiteral(value)) return literal(value, depth);
  return quoted(value);
}

/**
 * Begins with a letter, `/` or `_`, has nothing that could be syntax, and is no word that some version of YAML reads
 * as anything else (1.1: yes, on, NaN forms and numbers with letters begin with digits or dots).
 */
function isPlain(value: string): boolean {
  // An amount: 256Mi, 500m.
  if (/^[1-9][0-9]*([KMGTPE]i|m)$/.test(value)) return true;
  if (!/^[A-Za-z/_][\w ./@%+=,;$()*?!^~-]*(:[\w./@%+=,;$()*?!^~-]+)*$/.test(value)) return false;
  return !value.endsWith(" ") && !/^(y|n|yes|no|on|off|true|false|null|nan|inf|e[-+]?[0-9_]+)$/i.test(value);
}

/** Several lines of printable text, as scripts and configuration files are. */
function isLiteral(value: string): boolean {
  if (!value.includes("\n") || /^[\s]/.test(value)) return false;
  return (
    /^[\n\t\x20-\x7e\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]*$/.test(value) &&
    /[^\n]/.test(value)
  );
}

function literal(value: string, depth: number): string {
  const ends = /\n*$/.exec(value)?.[0].length ?? 0;
  const chomp = ends === 0 ? "-" : ends === 1 ? "" : "+";
  const lines = value.slice(0, value.length - ends).split("\n");
  const body = lines.map((line) => (line === "" ? "" : `${indent(depth)}${line}`)).join("\n");
  return `|${chomp}\n${body}${"\n".repeat(Math.max(0, ends - 1))}`;
}

/** JSON's escapes are YAML's; what JSON leaves as it is but YAML folds or forbids is escaped too. */
function quoted(value: string): string {
  return JSON.stringify(value).replaceAll(
    /[\u007f-\u009f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]/gu,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

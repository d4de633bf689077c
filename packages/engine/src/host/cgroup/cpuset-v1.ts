/** CPUs and memory nodes of a v1 cgroup with children: each child's must be among its parent's at any moment. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";

/** Children that had just the old set have the new one then, others what is left of theirs. */
export function writeCpuset(directory: string, file: string, value: string): void {
  const path = `${directory}/${file}`;
  const before = parseSet(readFileSync(path, "utf8"));
  const wanted = parseSet(value);
  const children = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  if (children.length === 0) return writeFileSync(path, value);
  writeFileSync(path, formatSet(new Set([...before, ...wanted])));
  try {
    for (const { name } of children) {
      const child = `${directory}/${name}`;
      const own = parseSet(readFileSync(`${child}/${file}`, "utf8"));
      const kept = own.intersection(wanted);
      const follows = sameSet(own, before) || kept.size === 0;
      writeCpuset(child, file, formatSet(follows ? wanted : kept));
    }
    writeFileSync(path, value);
  } catch (error) {
    restoreQuietly(path, formatSet(before));
    throw error;
  }
}

/** The failure that led here is the one to tell. */
function restoreQuietly(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch {
    // A child has got more meanwhile: the wider set stays.
  }
}

function sameSet(a: ReadonlySet<number>, b: ReadonlySet<number>): boolean {
  return a.size === b.size && a.isSubsetOf(b);
}

/** "0-2,5" */
export function parseSet(text: string): Set<number> {
  const numbers = new Set<number>();
  for (const range of text.trim().split(",")) {
    if (range === "") continue;
    const [first = 0, last = first] = range.split("-").map(Number);
    for (let number = first; number <= last; number++) numbers.add(number);
  }
  return numbers;
}

export function formatSet(numbers: ReadonlySet<number>): string {
  return [...numbers].sort((a, b) => a - b).join(",");
}

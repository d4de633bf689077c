/** Which ids of the host an ordinary user may give to containers: subuid(5), subgid(5). */

export interface IdRange {
  readonly first: number;
  readonly size: number;
}

/** Of one user, by name or by number; in the file's order, those that overlap earlier ones left out. */
export function rangesOf(text: string, user: { readonly name: string; readonly uid: number }): IdRange[] {
  const ranges: IdRange[] = [];
  for (const line of text.split("\n")) {
    const [owner = "", first = "", size = ""] = line.trim().split(":");
    if (owner === "" || (owner !== user.name && owner !== String(user.uid))) continue;
    const range = { first: Number(first), size: Number(size) };
    if (isRange(first, size) && !ranges.some((other) => overlap(range, other))) ranges.push(range);
  }
  return ranges;
}

/** What getsubids(1) prints: "0: alice 100000 65536". */
export function parseGetsubids(text: string): IdRange[] {
  return text.split("\n").flatMap((line) => {
    const [, , first = "", size = ""] = line.trim().split(/\s+/);
    return isRange(first, size) ? [{ first: Number(first), size: Number(size) }] : [];
  });
}

/** Arguments of newuidmap(1): 0 is the user, then all ranges in a row. */
export function mapArguments(own: number, ranges: readonly IdRange[]): string[] {
  const words = [0, own, 1];
  let next = 1;
  for (const { first, size } of ranges) {
    words.push(next, first, size);
    next += size;
  }
  return words.map(String);
}

function isRange(first: string, size: string): boolean {
  return /^\d+$/.test(first) && /^[1-9]\d*$/.test(size);
}

function overlap(a: IdRange, b: IdRange): boolean {
  return a.first < b.first + b.size && b.first < a.first + a.size;
}

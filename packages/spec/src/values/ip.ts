/** IP addresses as text, without the host's resolver or node:net, so that the SDK can use it too. */

/** The address in its shortest usual form; undefined when the text is no IPv4 or IPv6 address. */
export function canonicalIp(text: string): string | undefined {
  if (isIpv4(text)) return text;
  const groups = ipv6Groups(text);
  return groups === undefined ? undefined : formatIpv6(groups);
}

export function isIpv4(text: string): boolean {
  const parts = text.split(".");
  // A leading zero is refused: some parsers read it as octal.
  return parts.length === 4 && parts.every((p) => /^(0|[1-9]\d{0,2})$/.test(p) && Number(p) <= 255);
}

export function isIpv6(text: string): boolean {
  return ipv6Groups(text) !== undefined;
}

function ipv6Groups(text: string): number[] | undefined {
  const lastColon = text.lastIndexOf(":");
  if (lastColon === -1) return undefined;
  const tail = text.slice(lastColon + 1);
  if (!tail.includes(".")) return hexGroups(text, 8);
  if (!isIpv4(tail)) return undefined;
  const [a = 0, b = 0, c = 0, d = 0] = tail.split(".").map(Number);
  const head = text.slice(0, lastColon);
  const groups = head.endsWith(":") ? hexGroups(`${head}:`, 6) : hexGroups(head, 6);
  return groups && [...groups, a * 256 + b, c * 256 + d];
}

/** `count` numbers of an address (or its first part) in hexadecimal with at most one "::". */
function hexGroups(text: string, count: number): number[] | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [left, right] = halves.map((half) => (half === "" ? [] : half.split(":")));
  const all = [...(left ?? []), ...(right ?? [])];
  if (!all.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  const missing = count - all.length;
  if (right === undefined ? missing !== 0 : missing < 1) return undefined;
  const numbers = (groups: readonly string[] = []): number[] => groups.map((g) => Number.parseInt(g, 16));
  return [...numbers(left), ...Array.from({ length: missing }, () => 0), ...numbers(right)];
}

/** RFC 5952: lower case, the longest run of two or more zero groups (the first of equals) shortened. */
function formatIpv6(groups: readonly number[]): string {
  let best = { start: -1, length: 1 };
  for (let start = 0; start < groups.length; start++) {
    let end = start;
    while (groups[end] === 0) end++;
    if (end - start > best.length) best = { start, length: end - start };
  }
  const hex = groups.map((g) => g.toString(16));
  if (best.start === -1) return hex.join(":");
  return `${hex.slice(0, best.start).join(":")}::${hex.slice(best.start + best.length).join(":")}`;
}

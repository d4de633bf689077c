/** A zone as the text of aardvark-dns's configuration, and back. Pure but for the marker, which is new each time. */
import type { NameEntry, NameZone } from "../../ports/name-server.ts";

/** Marks a zone whose questions stay inside; later versions of the server know it. */
const INTERNAL = "%int";
const ID_LENGTH = 12;

/** The file's name is the network's name to the server. An id cannot be mistaken for the server's own files. */
export function zoneFileName({ id, internal }: Pick<NameZone, "id" | "internal">): string {
  return `${id.slice(0, ID_LENGTH)}${internal ? INTERNAL : ""}`;
}

/** A name that one text alone gives: who resolves it is answered by that text and no earlier one. */
export interface Probe {
  readonly server: string;
  readonly name: string;
}

/** `refuser` answers what an internal zone does not know, where the server has no word for that. */
export function zoneBody(zone: NameZone, refuser: string | undefined): string {
  const head = [zone.listen.join(","), ...(zone.servers.length === 0 ? [] : [zone.servers.join(",")])];
  const override = zone.internal && refuser !== undefined ? [refuser] : undefined;
  const lines = zone.entries.map((entry) => entryLine({ ...entry, servers: override ?? entry.servers }));
  return [head.join(" "), ...lines].join("\n");
}

/**
 * The last line names the gateways, from where the host asks: the server answers those alone that it knows. `salt`
 * must not have been used before.
 */
export function withMarker(body: string, salt: string): string {
  const listen = words(body.split(/[ \n]/, 1)[0] ?? "");
  const marker = `podwright-zone-${salt}`;
  return `${body}\n${entryLine({ owner: marker, addresses: listen, names: [marker], servers: [] })}\n`;
}

/** The text without its last line; "" for no text. */
export function bodyOf(text: string): string {
  return text.split("\n").slice(0, -2).join("\n");
}

export function probeOf(text: string): Probe | undefined {
  const { addresses, names } = parseLine(text.split("\n").at(-2) ?? "");
  const [[server], [name]] = [addresses, names];
  return server === undefined || name === undefined ? undefined : { server, name };
}

/** `id` is the network's whole one: the file's name has its beginning. */
export function parseZone(id: string, text: string, internal: boolean): NameZone | undefined {
  const [head = "", ...lines] = bodyOf(text).split("\n");
  const [listen = "", servers = ""] = head.split(" ");
  if (listen === "") return undefined;
  const entries = lines.filter((line) => line !== "").map(parseLine);
  return {
    id,
    listen: words(listen),
    servers: words(servers),
    internal,
    // What an internal zone's lines name is the refuser.
    entries: internal ? entries.map((entry) => ({ ...entry, servers: [] })) : entries,
  };
}

function entryLine({ owner, addresses, names, servers }: NameEntry): string {
  const v4 = addresses.filter((address) => !address.includes(":"));
  const v6 = addresses.filter((address) => address.includes(":"));
  const last = servers.length === 0 ? [] : [servers.join(",")];
  return [owner, v4.join(","), v6.join(","), names.join(","), ...last].join(" ");
}

function parseLine(line: string): NameEntry {
  const [owner = "", v4 = "", v6 = "", names = "", servers = ""] = line.split(" ");
  return { owner, addresses: [...words(v4), ...words(v6)], names: words(names), servers: words(servers) };
}

function words(text: string): string[] {
  return text === "" ? [] : text.split(",");
}

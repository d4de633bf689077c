import { expect, test } from "bun:test";
import fc from "fast-check";
import type { NameZone } from "../../ports/name-server.ts";
import { bodyOf, parseZone, probeOf, withMarker, zoneBody, zoneFileName } from "./zone-file.ts";

const id = "0123456789abcdef".repeat(4);
const zone: NameZone = {
  id,
  listen: ["10.89.0.1", "fd00::1"],
  servers: ["192.0.2.53"],
  internal: false,
  entries: [
    { owner: "aa", addresses: ["10.89.0.2", "fd00::2"], names: ["web", "www"], servers: ["192.0.2.54"] },
    { owner: "bb", addresses: ["10.89.0.3"], names: ["db"], servers: [] },
  ],
};

test("zoneBody() writes what aardvark-dns reads: gateways, then a line for each sandbox", () => {
  expect(zoneBody(zone, undefined)).toBe(
    ["10.89.0.1,fd00::1 192.0.2.53", "aa 10.89.0.2 fd00::2 web,www 192.0.2.54", "bb 10.89.0.3  db"].join(
      "\n",
    ),
  );
});

test("an internal zone is marked in its file's name and sends its questions to the refuser", () => {
  const internal = { ...zone, internal: true };
  expect([zone, internal].map(zoneFileName)).toEqual(["0123456789ab", "0123456789ab%int"]);
  expect(zoneBody(internal, "127.9.9.9")).toContain("web,www 127.9.9.9\n");
  const text = withMarker(zoneBody(internal, "127.9.9.9"), "salt");
  expect(parseZone(id, text, true)?.entries.map(({ servers }) => servers)).toEqual([[], []]);
});

test("probeOf() asks a gateway for the name that the text alone has", () => {
  const text = withMarker(zoneBody(zone, undefined), "salt");
  expect(probeOf(text)).toEqual({ server: "10.89.0.1", name: "podwright-zone-salt" });
  expect(text).toEndWith("podwright-zone-salt 10.89.0.1 fd00::1 podwright-zone-salt\n");
  expect(probeOf("")).toBeUndefined();
});

test("parseZone() gives back what was written, and nothing for no text", () => {
  expect(parseZone(id, "", false)).toBeUndefined();
  const word = fc.stringMatching(/^[a-z0-9][a-z0-9.-]{0,8}$/);
  const v4 = fc.ipV4();
  const entry = fc.record({
    owner: fc.stringMatching(/^[0-9a-f]{12}$/),
    addresses: fc.tuple(v4, fc.constantFrom("fd00::5", "fd00::6")).map((pair) => [...pair]),
    names: fc.array(word, { minLength: 1, maxLength: 4 }),
    servers: fc.array(v4, { maxLength: 2 }),
  });
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 5 }), fc.array(v4, { maxLength: 2 }), (entries, servers) => {
      const made: NameZone = { ...zone, servers, entries };
      const text = withMarker(zoneBody(made, undefined), "1");
      expect(parseZone(id, text, false)).toEqual(made);
      expect(bodyOf(text)).toBe(zoneBody(made, undefined));
    }),
  );
});

import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findZone } from "./local-zone.ts";
import { numericZone } from "./numeric-zone.ts";

const JULY = Date.UTC(2026, 6, 1) / 1000;

test("findZone() takes UTC for no name, and for what is no zone", () => {
  for (const tz of ["", ":", "UTC", "Bogus/Zone", "EST5EDT,M3.2.0,M11.1.0", "/", "../../../etc/passwd"]) {
    expect(findZone(tz)(JULY).offset).toBe(0);
  }
});

test("findZone() reads a file by its path, with a colon or without", () => {
  const folder = mkdtempSync(join(tmpdir(), "zone-"));
  try {
    const path = join(folder, "zone");
    const header = Buffer.alloc(44);
    header.write("TZif");
    header[39] = 1;
    header[43] = 4;
    writeFileSync(path, Buffer.concat([header, Buffer.of(0, 0, 0x2a, 0x30, 0, 0), Buffer.from("EAT\0")]));
    for (const tz of [path, `:${path}`]) expect(findZone(tz)(JULY)).toEqual({ offset: 10_800, name: "EAT" });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("numericZone()", () => {
  expect([0, 3600, -12_600, 20_700, -1172].map(numericZone)).toEqual([
    "+00:00",
    "+01:00",
    "-03:30",
    "+05:45",
    "-00:19",
  ]);
});

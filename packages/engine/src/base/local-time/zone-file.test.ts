import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { parsePosixRule } from "./posix-rule.ts";
import { parseZoneFile } from "./zone-file.ts";

const at = (time: string): number => Date.parse(time) / 1000;

interface Block {
  readonly times: readonly (readonly [number, number])[];
  readonly kinds: readonly (readonly [number, string])[];
}

/** A zone file as RFC 9636 has it. */
function zoneFile(version: number, block: Block, footer: string): Buffer {
  const part = (wide: boolean): Buffer => {
    const chars = Buffer.from(block.kinds.map(([, name]) => `${name}\0`).join(""));
    const header = Buffer.alloc(44);
    header.write("TZif");
    header[4] = version;
    header.writeUInt32BE(block.times.length, 32);
    header.writeUInt32BE(block.kinds.length, 36);
    header.writeUInt32BE(chars.length, 40);
    const times = block.times.map(([time]) => {
      const bytes = Buffer.alloc(wide ? 8 : 4);
      if (wide) bytes.writeBigInt64BE(BigInt(time));
      else bytes.writeInt32BE(time);
      return bytes;
    });
    let name = 0;
    const kinds = block.kinds.map(([offset, text]) => {
      const bytes = Buffer.alloc(6);
      bytes.writeInt32BE(offset);
      bytes[5] = name;
      name += text.length + 1;
      return bytes;
    });
    return Buffer.concat([
      header,
      ...times,
      Buffer.from(block.times.map(([, kind]) => kind)),
      ...kinds,
      chars,
    ]);
  };
  if (version === 0) return part(false);
  return Buffer.concat([part(false), part(true), Buffer.from(`\n${footer}\n`)]);
}

const block: Block = {
  times: [
    [1000, 1],
    [2000, 0],
  ],
  kinds: [
    [3600, "CET"],
    [7200, "CEST"],
  ],
};

describe("parseZoneFile()", () => {
  test("before, between and after the changes, of both versions", () => {
    for (const version of [0, 0x32]) {
      const zone = parseZoneFile(zoneFile(version, block, ""));
      expect([0, 999, 1000, 1999, 2000, 9999].map((time) => zone?.(time).name)).toEqual([
        "CET",
        "CET",
        "CEST",
        "CEST",
        "CET",
        "CET",
      ]);
    }
  });

  test("goes by the rule after the last change", () => {
    const zone = parseZoneFile(zoneFile(0x32, block, "CET-1CEST,M3.5.0,M10.5.0/3"));
    expect(zone?.(at("2050-07-01T00:00:00Z"))).toEqual({ offset: 7200, name: "CEST" });
    expect(zone?.(1500).name).toBe("CEST");
  });

  test("of a file cut off or with any byte changed it gives a zone or none, and never throws", () => {
    const whole = zoneFile(0x32, block, "CET-1CEST,M3.5.0,M10.5.0/3");
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.boolean(), (index, byte, cut) => {
        const bytes = Buffer.from(whole);
        bytes[index] = byte;
        const zone = parseZoneFile(cut ? bytes.subarray(0, index) : bytes);
        for (const time of [-1, 1000, 2e9]) zone?.(time);
      }),
    );
  });
});

describe("parsePosixRule()", () => {
  test.each([
    ["UTC0", "2026-07-01T00:00:00Z", 0, "UTC"],
    ["<-03>3", "2026-07-01T00:00:00Z", -10_800, "-03"],
    ["EST5EDT,M3.2.0,M11.1.0", "2026-03-08T06:59:59Z", -18_000, "EST"],
    ["EST5EDT,M3.2.0,M11.1.0", "2026-03-08T07:00:00Z", -14_400, "EDT"],
    ["EST5EDT,M3.2.0,M11.1.0", "2026-11-01T05:59:59Z", -14_400, "EDT"],
    ["EST5EDT,M3.2.0,M11.1.0", "2026-11-01T06:00:00Z", -18_000, "EST"],
    ["NZST-12NZDT,M9.5.0,M4.1.0/3", "2026-12-31T23:00:00Z", 46_800, "NZDT"],
    ["IST-1GMT0,M10.5.0,M3.5.0/1", "2026-01-01T00:00:00Z", 0, "GMT"],
    // RFC 9636, 3.3.2: hours below zero, and summer all year.
    ["<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2026-03-29T00:59:59Z", -7200, "-02"],
    ["<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2026-03-29T01:00:00Z", -3600, "-01"],
    ["EST5EDT,0/0,J365/25", "2026-01-01T05:00:00Z", -14_400, "EDT"],
    ["AAA0BBB,J60/0,J61/0", "2024-03-01T00:00:00Z", 3600, "BBB"],
    ["AAA0BBB,59/0,60/0", "2024-02-29T00:00:00Z", 3600, "BBB"],
  ])("%s at %s", (rule, time, offset, name) => {
    expect(parsePosixRule(rule)?.(at(time))).toEqual({ offset, name });
  });

  test("takes nothing else", () => {
    for (const text of ["", "Europe/Berlin", "EST", "EST5EDT", "EST5EDT,M3.2.0", "EST5,M3.2.0,M11.1.0"]) {
      expect(parsePosixRule(text)).toBeUndefined();
    }
  });
});

const FOLDER = "/usr/share/zoneinfo";
const NAMES = [
  "Europe/Berlin",
  "America/New_York",
  "America/St_Johns",
  "America/Sao_Paulo",
  "Australia/Sydney",
  "Australia/Lord_Howe",
  "Asia/Kolkata",
  "Asia/Tokyo",
  "Europe/Dublin",
  "Pacific/Chatham",
  "Pacific/Apia",
  "Pacific/Auckland",
  "UTC",
];

describe.skipIf(!existsSync(`${FOLDER}/Europe/Berlin`))("the system's files", () => {
  const before = process.env["TZ"];
  afterAll(() => {
    if (before === undefined) delete process.env["TZ"];
    else process.env["TZ"] = before;
  });

  test.each(NAMES)("say of %s what the runtime says", (name) => {
    const zone = parseZoneFile(readFileSync(`${FOLDER}/${name}`));
    process.env["TZ"] = name;
    const seconds = fc.integer({ min: at("1972-01-01T00:00:00Z"), max: at("2150-01-01T00:00:00Z") });
    fc.assert(
      fc.property(seconds, (time) => {
        expect((zone?.(time).offset ?? Number.NaN) / 60).toBe(
          -new Date(time * 1000).getTimezoneOffset() || 0,
        );
      }),
      { numRuns: 500 },
    );
  });
});

import { withoutTrailingZeros } from "../../base/go-time.ts";
import { describe, expect, test } from "bun:test";
import { ansicUtc, GoTime } from "./go-time.ts";

const shown = (text: string): string | undefined => GoTime.parse(text)?.toString();

describe("GoTime", () => {
  test("shows what Go's time.Time shows", () => {
    expect(shown("2026-11-22T14:15:09.123456789Z")).toBe("2026-11-22 14:15:09.123456789 +0000 UTC");
    expect(shown("2026-11-22T14:15:09.500Z")).toBe("2026-11-22 14:15:09.5 +0000 UTC");
    expect(shown("2026-11-22T14:15:09.000-03:30")).toBe("2026-11-22 14:15:09 -0330 -0330");
    expect(shown("0001-01-01T00:00:00Z")).toBe("0001-01-01 00:00:00 +0000 UTC");
  });

  test("knows Go's zero time and takes nothing that is not a time", () => {
    expect(GoTime.parse("0001-01-01T00:00:00Z")?.isZero).toBe(true);
    expect(GoTime.parse("2026-11-22T14:15:09Z")?.isZero).toBe(false);
    expect(GoTime.parse("5 minutes ago")).toBeUndefined();
  });

  test("names the local zone where the offset is its own", () => {
    const script = `import { GoTime } from "${import.meta.dir}/go-time.ts";
      console.log(String(GoTime.parse("2026-07-01T12:00:00+02:00")), "|", String(GoTime.fromDate(new Date(1.8e12))));`;
    const child = Bun.spawnSync([process.execPath, "-e", script], {
      env: { ...process.env, TZ: "Europe/Berlin" },
    });
    expect(child.stdout.toString()).toBe("2026-07-01 12:00:00 +0200 CEST | 2027-01-15 09:00:00 +0100 CET\n");
  });
});

test("ansicUtc()", () => {
  expect(ansicUtc(new Date(Date.UTC(2026, 10, 2, 4, 5, 6)))).toBe("Mon Nov  2 04:05:06 2026");
});

test("a time that was read is written without zeros at its end", () => {
  const written = ["2026-01-02T03:04:05.000Z", "2026-01-02T03:04:05.120+02:00", "2026-01-02T03:04:00Z"];
  expect(written.map(withoutTrailingZeros)).toEqual([
    "2026-01-02T03:04:05Z",
    "2026-01-02T03:04:05.12+02:00",
    "2026-01-02T03:04:00Z",
  ]);
});

import { expect, test } from "bun:test";
import { assert, constantFrom, integer, nat, property, string } from "fast-check";
import { EngineError } from "../errors/engine-error.ts";
import { capabilitiesOfMask, normalizeCapability } from "./capability.ts";
import { cleanContainerPath, cleanPath, isWithin } from "./container-path.ts";
import { parseCsv } from "./csv.ts";
import { parseDetachKeys } from "./detach-keys.ts";
import { parseDevice } from "./device.ts";
import { parseDuration } from "./duration.ts";
import { parseSignal, signalName } from "./signal.ts";
import { parseDecimalSize, parseMemorySize } from "./size.ts";
import { parseSysctls } from "./sysctl.ts";
import { parseUlimit } from "./ulimit.ts";

/** Whatever the text is: a value, or an EngineError; never another failure. */
function neverCrashes(parse: (text: string) => unknown): void {
  assert(
    property(string(), (text) => {
      try {
        parse(text);
      } catch (error) {
        if (!(error instanceof EngineError)) throw error;
      }
    }),
  );
}

test("no parser crashes on any text", () => {
  for (const parse of [
    parseCsv,
    parseDetachKeys,
    parseDevice,
    parseDuration,
    parseSignal,
    parseMemorySize,
    parseUlimit,
    normalizeCapability,
    cleanContainerPath,
    (text: string) => parseSysctls([text]),
  ]) {
    neverCrashes(parse);
  }
});

test("parseMemorySize() knows units of 1024, with or without b and i", () => {
  const sizes = {
    "64m": 67_108_864,
    "1.5g": 1_610_612_736,
    "512K": 524_288,
    "100": 100,
    "7b": 7,
    "1 GiB": 1_073_741_824,
    "2kb": 2048,
  };
  for (const [text, bytes] of Object.entries(sizes)) expect(parseMemorySize(text)).toBe(bytes);
  expect(parseDecimalSize("10mb")).toBe(10_000_000);
  expect(() => parseMemorySize("lots")).toThrow("invalid size: 'lots'");
  expect(() => parseMemorySize("")).toThrow("invalid size: ''");
  expect(() => parseMemorySize("-1")).toThrow("invalid size: '-1'");
  expect(() => parseMemorySize("5q")).toThrow("invalid suffix: 'q'");
  expect(() => parseMemorySize("9999999p")).toThrow("invalid size");
  assert(property(nat(), (n) => parseMemorySize(`${n}k`) === n * 1024));
});

test("parseDuration()", () => {
  expect(parseDuration("1h30m")).toBe(5_400_000);
  expect(parseDuration("1.5s")).toBe(1500);
  expect(parseDuration("500ms")).toBe(500);
  expect(parseDuration("-2s")).toBe(-2000);
  expect(parseDuration("0")).toBe(0);
  expect(() => parseDuration("5")).toThrow('time: missing unit in duration "5"');
  expect(() => parseDuration("5y")).toThrow('time: unknown unit "y" in duration "5y"');
  expect(() => parseDuration("")).toThrow('time: invalid duration ""');
});

test("parseSignal() by name and number; signalName() is its inverse", () => {
  for (const text of ["SIGTERM", "term", "15", "-TERM", "-15"]) expect(parseSignal(text)).toBe(15);
  expect(parseSignal("RTMIN+3")).toBe(37);
  expect(parseSignal("SIGRTMAX-1")).toBe(63);
  expect(parseSignal("WINCH")).toBe(28);
  expect(() => parseSignal("BOGUS")).toThrow("invalid signal: BOGUS");
  expect(() => parseSignal("0")).toThrow("invalid signal: 0");
  expect(() => parseSignal("-SIG")).toThrow(/^invalid signal: SIG$/);
  expect(() => parseSignal("65")).toThrow("valid signals are 1 through 64");
  assert(property(integer({ min: 1, max: 64 }), (n) => parseSignal(signalName(n)) === n));
});

test("parseUlimit() with Podman's texts", () => {
  expect(parseUlimit("nofile=1024:2048")).toEqual({ name: "nofile", soft: 1024, hard: 2048 });
  expect(parseUlimit("RLIMIT_NOFILE=5")).toEqual({ name: "nofile", soft: 5, hard: 5 });
  expect(parseUlimit("core=-1")).toEqual({ name: "core", soft: -1, hard: -1 });
  expect(() => parseUlimit("core=-1:1000")).toThrow(
    'ulimit option "core=-1:1000" requires name=SOFT:HARD, failed to be parsed: ulimit soft limit must be less than or equal to hard limit: soft: -1 (unlimited), hard: 1000',
  );
  expect(() => parseUlimit("nofile=9:8")).toThrow("9 > 8");
  expect(() => parseUlimit("bogus=1")).toThrow("invalid ulimit type: bogus");
  expect(() => parseUlimit("nofile")).toThrow("invalid ulimit argument: nofile");
});

test("parseCsv() as Go's encoding/csv", () => {
  expect(parseCsv("a,b,,c")).toEqual(["a", "b", "", "c"]);
  expect(parseCsv('type=bind,"source=/a,b",x')).toEqual(["type=bind", "source=/a,b", "x"]);
  expect(parseCsv('"a ""quoted"" word"')).toEqual(['a "quoted" word']);
  expect(() => parseCsv('a"b')).toThrow('column 2: bare " in non-quoted field');
  expect(() => parseCsv('"open')).toThrow("missing");
  const quote = (field: string): string => `"${field.replaceAll('"', '""')}"`;
  assert(
    property(
      string(),
      string(),
      (a, b) => JSON.stringify(parseCsv(`${quote(a)},${quote(b)}`)) === JSON.stringify([a, b]),
    ),
  );
});

test("parseDetachKeys()", () => {
  expect(parseDetachKeys("ctrl-p,ctrl-q")).toEqual([16, 17]);
  expect(parseDetachKeys("")).toEqual([]);
  expect(parseDetachKeys("a,ctrl-@,ctrl-\\,ctrl-_")).toEqual([97, 0, 28, 31]);
  expect(() => parseDetachKeys("ctrl-!")).toThrow("invalid detach keys");
});

test("parseDevice()", () => {
  expect(parseDevice("/dev/fuse")).toEqual({
    source: "/dev/fuse",
    destination: "/dev/fuse",
    permissions: "rwm",
  });
  expect(parseDevice("/dev/a:r")).toEqual({ source: "/dev/a", destination: "/dev/a", permissions: "r" });
  expect(parseDevice("/dev/a:/dev/b:rw")).toEqual({
    source: "/dev/a",
    destination: "/dev/b",
    permissions: "rw",
  });
  expect(() => parseDevice("/dev/a:rr")).toThrow("invalid device mode: rr");
  expect(() => parseDevice("/dev/a:/b:x")).toThrow("invalid device mode: x");
  expect(() => parseDevice("")).toThrow("invalid device specification: ");
});

test("capabilities by name and by mask", () => {
  expect(normalizeCapability("net_admin")).toBe("CAP_NET_ADMIN");
  expect(normalizeCapability("all")).toBe("ALL");
  expect(() => normalizeCapability("nope")).toThrow('"CAP_NOPE": unknown capability');
  expect(capabilitiesOfMask(0x4_01n)).toEqual(["CAP_CHOWN", "CAP_NET_BIND_SERVICE"]);
  expect(capabilitiesOfMask(0x1ff_ffff_ffffn)).toHaveLength(41);
});

test("parseSysctls() takes what namespaces have, nothing else", () => {
  expect(parseSysctls(["net.core.somaxconn=1", "kernel.sem=32 1 2 3", "kernel.sem=x"])).toEqual({
    "net.core.somaxconn": "1",
    "kernel.sem": "x",
  });
  expect(() => parseSysctls(["vm.swappiness=1"])).toThrow("sysctl 'vm.swappiness' is not allowed");
  expect(() => parseSysctls(["net.x"])).toThrow("must be in the form of KEY=VALUE");
  expect(() => parseSysctls(["net.x= 1"])).toThrow("extra spaces found");
});

test("cleanPath() never climbs above the root", () => {
  expect(cleanPath("/a/../../b//./c/")).toBe("/b/c");
  expect(isWithin("/a/b", "/a")).toBe(true);
  expect(isWithin("/ab", "/a")).toBe(false);
  const part = constantFrom("a", "b", "..", ".", "", "c d");
  assert(
    property(part, part, part, part, (...parts) => {
      const clean = cleanPath(`/${parts.join("/")}`);
      return clean.startsWith("/") && !clean.split("/").includes("..") && cleanPath(clean) === clean;
    }),
  );
});

import { expect, test } from "bun:test";
import { parseDeviceRule } from "./device-rule.ts";

test.each([
  ["c 10:200 rwm", { type: "c", major: 10, minor: 200, access: "rwm" }],
  ["b 8:* r", { type: "b", major: 8, access: "r" }],
  ["b 8 r", { type: "b", major: 8, access: "r" }],
  ["a *:* m", { type: "a", access: "m" }],
] as const)("%p is a device rule", (text, expected) => {
  expect(parseDeviceRule(text)).toEqual(expected);
});

test.each([
  ["c 1:3", "invalid device cgroup rule requires type, major:Minor, and access rules"],
  ["c 1:3 r w", "invalid device cgroup rule requires"],
  ["x 1:3 r", "invalid device type in device-access-add: x"],
  ["c 1:3 rx", "invalid device access in device-access-add: x"],
  ["c 1:3 ", "invalid device access"],
  ["c q:3 r", 'strconv.ParseUint: parsing "q": invalid syntax'],
  ["c 1:2:3 r", "invalid syntax"],
  ["c 1:-3 r", "invalid syntax"],
  ["c 4294967296:3 r", "out of range"],
])("%p is none: %p", (text, reason) => {
  expect(() => parseDeviceRule(text)).toThrow(reason);
});

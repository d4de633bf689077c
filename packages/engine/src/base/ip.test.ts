import { expect, test } from "bun:test";
import { assert, bigInt, ipV4, ipV6, oneof, property, stringMatching } from "fast-check";
import { isIP } from "node:net";
import {
  contains,
  formatIp,
  formatSubnet,
  ipBytes,
  ipFromBytes,
  overlaps,
  parseCidr,
  parseIp,
  parseSubnet,
} from "./ip.ts";

const subnet = (text: string) => {
  const parsed = parseSubnet(text);
  if (parsed === undefined) throw new Error(`no subnet: ${text}`);
  return parsed;
};

test("what is printed is read back, and bytes lead back to the address", () => {
  const ip = oneof(
    bigInt(0n, 2n ** 32n - 1n).map((value) => ({ family: 4 as const, value })),
    bigInt(0n, 2n ** 128n - 1n).map((value) => ({ family: 6 as const, value })),
  );
  assert(
    property(ip, (address) => {
      expect(parseIp(formatIp(address))).toEqual(address);
      expect(ipFromBytes(ipBytes(address))).toEqual(address);
    }),
  );
});

test("an address is one where node:net says so", () => {
  assert(
    property(oneof(ipV4(), ipV6(), stringMatching(/^[0-9a-f:.]{0,12}$/)), (text) => {
      expect(parseIp(text) !== undefined).toBe(isIP(text) !== 0);
    }),
  );
});

test("IPv6 is printed as RFC 5952 says", () => {
  const printed = (text: string) => {
    const address = parseIp(text);
    return address && formatIp(address);
  };
  expect(printed("2001:DB8:0:0:1:0:0:1")).toBe("2001:db8::1:0:0:1");
  expect(printed("::ffff:10.0.0.1")).toBe("::ffff:a00:1");
  expect(printed("1:0:2:3:4:5:6:7")).toBe("1:0:2:3:4:5:6:7");
  expect(printed("::")).toBe("::");
});

test("subnets cut host bits, contain and overlap", () => {
  expect(formatSubnet(subnet("10.88.3.4/16"))).toBe("10.88.0.0/16");
  expect(parseSubnet("10.88.0.0/33")).toBeUndefined();
  expect(parseSubnet("10.88.0.0")).toBeUndefined();
  expect(parseCidr("10.88.0.2/16")?.address.value).toBe(0x0a580002n);
  expect(contains(subnet("fd00::/64"), { family: 6, value: 0xfdn << 120n })).toBe(true);
  expect(contains(subnet("10.0.0.0/8"), { family: 4, value: 0x0b000000n })).toBe(false);
  expect(overlaps(subnet("10.88.0.0/16"), subnet("10.88.9.0/24"))).toBe(true);
  expect(overlaps(subnet("10.88.0.0/16"), subnet("10.89.0.0/16"))).toBe(false);
  expect(overlaps(subnet("0.0.0.0/0"), subnet("::/0"))).toBe(false);
});

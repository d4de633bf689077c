import { expect, test } from "bun:test";
import { defaultRoute } from "./pasta.ts";

const HEAD = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n";

test("the first default route, its gateway as an address", () => {
  const table =
    HEAD +
    "eth1\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n" +
    "eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n" +
    "eth2\t00000000\t0100000A\t0003\t0\t0\t5\t00000000\t0\t0\t0\n";
  expect(defaultRoute(table)).toEqual(["eth0", "192.0.2.1"]);
});

test("a default route without a gateway, and no default route", () => {
  expect(defaultRoute(`${HEAD}tun0\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\t0\t0\n`)).toEqual([
    "tun0",
    "",
  ]);
  expect(defaultRoute(HEAD)).toEqual(["", ""]);
});

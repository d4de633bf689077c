import { expect, test } from "bun:test";
import type { PortMapping } from "@podwright/spec/engine-api/common";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { HostEndpoint, HostPorts } from "../ports/host-ports.ts";
import { choosePorts } from "./host-ports.ts";

const wish = (containerPort: number, length = 1, protocol: PortMapping["protocol"] = "tcp"): PortMapping => ({
  hostIp: "",
  hostPort: 0,
  containerPort,
  length,
  protocol,
});

/** A host whose kernel draws these ports in turn, and where `taken` are taken. */
function host(drawn: number[], taken: readonly number[] = []): HostPorts {
  return {
    bind(asked: HostEndpoint) {
      if (taken.includes(asked.port)) throw new EngineError("PORT_IN_USE", "taken");
      const port = asked.port === 0 ? (drawn.shift() ?? 0) : asked.port;
      return { fd: -1, endpoint: { ...asked, port }, [Symbol.dispose]: () => undefined };
    },
    requireFree({ port }: HostEndpoint) {
      if (taken.includes(port)) throw new EngineError("PORT_IN_USE", "taken");
    },
    openBag: () => {
      throw new Error("not asked for");
    },
    bagOf: () => "none",
    holder: () => undefined,
  };
}

const chosen = (mappings: readonly PortMapping[], on: HostPorts) =>
  choosePorts(on, mappings, [4]).map((port) => port.hostPort);

test("what the kernel draws twice in a row is not given twice, but once for each protocol", () => {
  expect(chosen([wish(80), wish(81)], host([40_000, 40_000, 40_001]))).toEqual([40_000, 40_001]);
  expect(chosen([wish(53), wish(53, 1, "udp")], host([40_000, 40_000]))).toEqual([40_000, 40_000]);
  const asked = { ...wish(1), hostPort: 40_000 };
  expect(chosen([wish(80), asked], host([40_000, 40_002]))).toEqual([40_002, 40_000]);
});

test("a range needs as many free ports in a row, below 65536", () => {
  expect(chosen([wish(80, 3)], host([40_000, 65_534, 50_000], [40_002]))).toEqual([50_000]);
  expect(() => chosen([wish(80, 3)], host([]))).toThrow(
    "cannot publish port 80/tcp: no free host port for a range of 3: address already in use",
  );
});

test("a chosen port says so, one that was asked for is left alone", () => {
  const asked = { ...wish(1), hostPort: 8080 };
  expect(choosePorts(host([40_000]), [asked, wish(2)], [4])).toEqual([
    asked,
    { ...wish(2), hostPort: 40_000, chosen: true },
  ]);
});

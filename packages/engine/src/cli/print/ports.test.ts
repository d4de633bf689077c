import type { PortMapping } from "@podwright/spec/engine-api/common";
import { expect, test } from "bun:test";
import { showPorts } from "./ports.ts";

const map = (hostPort: number, containerPort: number, change: Partial<PortMapping> = {}): PortMapping => ({
  hostIp: "",
  hostPort,
  containerPort,
  length: 1,
  protocol: "tcp",
  ...change,
});

test.each<[string, PortMapping[], string[], string]>([
  ["nothing", [], [], ""],
  ["one", [map(8080, 80)], [], "0.0.0.0:8080->80/tcp"],
  ["an address", [map(53, 53, { hostIp: "127.0.0.1", protocol: "udp" })], [], "127.0.0.1:53->53/udp"],
  ["a range", [map(8000, 9000, { length: 3 })], [], "0.0.0.0:8000-8002->9000-9002/tcp"],
  ["neighbours", [map(8000, 80), map(8001, 81)], [], "0.0.0.0:8000-8001->80-81/tcp"],
  ["no neighbours", [map(8000, 80), map(8001, 90)], [], "0.0.0.0:8000->80/tcp, 0.0.0.0:8001->90/tcp"],
  [
    "neighbours of another protocol",
    [map(80, 80), map(81, 81, { protocol: "udp" })],
    [],
    "0.0.0.0:80->80/tcp, 0.0.0.0:81->81/udp",
  ],
  ["exposed", [], ["80/tcp"], "80/tcp"],
  ["exposed ranges", [], ["82/tcp", "80/tcp", "81/tcp", "81/udp"], "80-82/tcp, 81/udp"],
  ["exposed and published", [map(8080, 80)], ["80/tcp", "443/tcp"], "0.0.0.0:8080->80/tcp, 443/tcp"],
])("showPorts(): %s", (_, ports, exposed, expected) => {
  expect(showPorts(ports, exposed)).toBe(expected);
});

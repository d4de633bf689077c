import { expect, test } from "bun:test";
import { assert, constantFrom, integer, property, string } from "fast-check";
import { EngineError } from "../errors/engine-error.ts";
import { canonicalIp, isIpv4, isIpv6 } from "./ip.ts";
import { checkPortConflicts, parseExpose, parsePortMapping } from "./port-mapping.ts";

test("parsePortMapping() in all its forms", () => {
  const tcp = { hostIp: "", length: 1, protocol: "tcp" as const };
  expect(parsePortMapping("80")).toEqual({ ...tcp, hostPort: 0, containerPort: 80 });
  expect(parsePortMapping("8080:80")).toEqual({ ...tcp, hostPort: 8080, containerPort: 80 });
  expect(parsePortMapping(":80")).toEqual({ ...tcp, hostPort: 0, containerPort: 80 });
  expect(parsePortMapping("127.0.0.1:8080:80/udp")).toEqual({
    hostIp: "127.0.0.1",
    hostPort: 8080,
    containerPort: 80,
    length: 1,
    protocol: "udp",
  });
  expect(parsePortMapping("0.0.0.0::80")).toEqual({ ...tcp, hostPort: 0, containerPort: 80 });
  expect(parsePortMapping("[::1]:8080:80").hostIp).toBe("::1");
  expect(parsePortMapping("[2001:DB8:0:0::1]::80").hostIp).toBe("2001:db8::1");
  expect(parsePortMapping("8000-8002:9000-9002/SCTP")).toEqual({
    hostIp: "",
    hostPort: 8000,
    containerPort: 9000,
    length: 3,
    protocol: "sctp",
  });
});

test("parsePortMapping() with Podman's texts", () => {
  const errors = {
    "8080:80/tcp/udp": "invalid port format - protocol can only be specified once",
    "80/icmp": 'unrecognized protocol "icmp" in port mapping',
    "8080:": "must provide a non-empty container port to publish",
    "1:2:3:4": "invalid port format - format is [[hostIP:]hostPort:]containerPort",
    "nohost:1:2": 'cannot parse "nohost" as an IP address',
    ":1:2": "must provide a non-empty container host IP to publish",
    "[::1]80": "invalid port format - IPv6 address must be followed by a colon (':')",
    "[::1]:80": "invalid port format - must provide host and destination port if specifying an IP",
    "8080-8081:80": "host and container port ranges have different lengths: 2 vs 1",
    "81-80": "the end port of a range must be higher than the start port - 80 is not higher than 81",
    "70000": "port numbers must be between 1 and 65535 (inclusive), got 70000",
    "-80": "port numbers cannot be negative",
    "x:80": 'parsing host port: invalid port number: strconv.Atoi: parsing "x": invalid syntax',
  };
  for (const [text, message] of Object.entries(errors)) {
    expect(() => parsePortMapping(text)).toThrow(message);
  }
});

test("any text gives a mapping or an EngineError; a mapping that is printed is read back", () => {
  assert(
    property(string(), (text) => {
      try {
        parsePortMapping(text);
        parseExpose(text);
      } catch (error) {
        if (!(error instanceof EngineError)) throw error;
      }
    }),
  );
  const port = integer({ min: 1, max: 65_000 });
  assert(
    property(
      port,
      port,
      integer({ min: 1, max: 5 }),
      constantFrom("tcp", "udp"),
      (host, ctr, length, protocol) => {
        const range = (start: number): string =>
          length === 1 ? `${start}` : `${start}-${start + length - 1}`;
        const mapping = parsePortMapping(`10.0.0.1:${range(host)}:${range(ctr)}/${protocol}`);
        return (
          mapping.hostPort === host &&
          mapping.containerPort === ctr &&
          mapping.length === length &&
          mapping.protocol === protocol
        );
      },
    ),
  );
});

test("checkPortConflicts() lets the same mapping stand twice, not two behind one host port", () => {
  const map = (...texts: string[]) => texts.map(parsePortMapping);
  checkPortConflicts(
    map("80:80", "80:80", "80:90/udp", "127.0.0.1:80:90", "0-1:1-2".replace("0-1:", "100-101:")),
  );
  expect(() => checkPortConflicts(map("80:80", "80:81"))).toThrow(
    "conflicting port mappings for host port 80 (protocol tcp)",
  );
  expect(() => checkPortConflicts(map("80-85:80-85", "84:9"))).toThrow("host port 84");
});

test("parseExpose() expands ranges", () => {
  expect(parseExpose("80")).toEqual(["80/tcp"]);
  expect(parseExpose("5000-5002/udp")).toEqual(["5000/udp", "5001/udp", "5002/udp"]);
});

test("addresses", () => {
  expect(canonicalIp("::ffff:1.2.3.4")).toBe("::ffff:102:304");
  expect(canonicalIp("1:0:0:2:0:0:0:3")).toBe("1:0:0:2::3");
  expect(canonicalIp("0:0:0:0:0:0:0:0")).toBe("::");
  expect(isIpv4("1.2.3.04")).toBe(false);
  expect(isIpv6("1:2:3:4:5:6:7")).toBe(false);
  expect(isIpv6("1::2::3")).toBe(false);
  expect(isIpv6("::1.2.3.256")).toBe(false);
  expect(isIpv6("1:2:3:4:5:6:7::")).toBe(true);
});

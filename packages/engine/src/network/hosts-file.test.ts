import { expect, test } from "bun:test";
import { hostsFile } from "./hosts-file.ts";

const bare = {
  base: "",
  addHost: [],
  hostAddress: "10.88.0.1",
  addresses: ["10.88.0.2"],
  names: ["web", "infra"],
};

test("what the user gave comes first, then the host's lines, then ours", () => {
  const base = "# comment\n192.168.1.5\tserver  server.lan # in the cellar\n\n127.0.0.1 localhost\n";
  expect(
    hostsFile({ ...bare, base, addHost: ["db;database:10.1.2.3", "gw:host-gateway", "v6:fd00::1"] }),
  ).toBe(
    [
      "10.1.2.3\tdb database",
      "10.88.0.1\tgw",
      "fd00::1\tv6",
      "192.168.1.5\tserver server.lan",
      "127.0.0.1\tlocalhost",
      "10.88.0.1\thost.containers.internal host.docker.internal",
      "10.88.0.2\tweb infra",
      "",
    ].join("\n"),
  );
});

test("a name that is given already gets no second address", () => {
  const text = hostsFile({ ...bare, addHost: ["web:1.2.3.4", "host.containers.internal:5.6.7.8"] });
  expect(text).toContain("10.88.0.1\thost.docker.internal\n");
  expect(text).toContain("10.88.0.2\tinfra\n");
  expect(text).toContain("::1\tlocalhost\n");
});

test("each address has all the names once", () => {
  const text = hostsFile({
    ...bare,
    addresses: ["10.88.0.2", "fd00::2"],
    names: ["web", "", "web"],
    hostAddress: "",
  });
  expect(text).toBe("127.0.0.1\tlocalhost\n::1\tlocalhost\n10.88.0.2\tweb\nfd00::2\tweb\n");
});

test("what is no entry is refused, and host-gateway without a host address", () => {
  const add =
    (entry: string, hostAddress = "") =>
    () =>
      hostsFile({ ...bare, hostAddress, addHost: [entry] });
  expect(add("nocolon")).toThrow('unable to parse host entry "nocolon": incorrect format');
  expect(add(":1.2.3.4")).toThrow('hostname in host entry ":1.2.3.4" is empty');
  expect(add("x:")).toThrow('IP address in host entry "x:" is empty');
  expect(add("x:host-gateway")).toThrow('unable to replace "host-gateway" of host entry "x:host-gateway"');
});

import { expect, test } from "bun:test";
import { onlyLoopbackServers, resolvConf } from "./resolv-conf.ts";

const host =
  "# by hand\nnameserver 127.0.0.1\nnameserver 192.0.2.53 ; ours\nsearch lan\nsearch home.lan lan\noptions ndots:2\n";
const none = { servers: [], search: [], options: [] };
const inputs = { dns: {}, defaults: none, host, ownNetwork: true, networkServers: [] };

test("the host's servers but its loopback, its last search line, its options", () => {
  expect(resolvConf(inputs)).toBe("search home.lan lan\nnameserver 192.0.2.53\noptions ndots:2\n");
});

test("on the host's own network its loopback stays", () => {
  expect(resolvConf({ ...inputs, ownNetwork: false })).toContain(
    "nameserver 127.0.0.1\nnameserver 192.0.2.53\n",
  );
});

test("what is asked for wins over containers.conf, which wins over the host", () => {
  const defaults = { servers: ["9.9.9.9"], search: ["conf.lan"], options: [] };
  const dns = { servers: ["1.1.1.1", "fd00::53"], options: ["rotate"] };
  expect(resolvConf({ ...inputs, dns, defaults })).toBe(
    "search conf.lan\nnameserver 1.1.1.1\nnameserver fd00::53\noptions rotate\n",
  );
});

test("a single dot means no search domain; without any server public ones are named", () => {
  expect(
    resolvConf({ ...inputs, dns: { search: ["."] }, host: "nameserver ::1\nnameserver fe80::1%eth0\n" }),
  ).toBe("nameserver 8.8.8.8\nnameserver 8.8.4.4\n");
});

test("a stub resolver is known by its servers", () => {
  expect(onlyLoopbackServers("nameserver 127.0.0.53\n")).toBe(true);
  expect(onlyLoopbackServers(host)).toBe(false);
  expect(onlyLoopbackServers("")).toBe(false);
});

import { expect, test } from "bun:test";
import { existsSync, readFileSync, readlinkSync } from "node:fs";
import { inOwnNamespaces, sh, succeeds, temporaryDirectory } from "../../../testing/kernel.ts";
import { PinnedNamespaces, sysctlNamespace, sysctlPath } from "./pinned-namespaces.ts";
import { inNetworkNamespace } from "../sys/thread-namespaces.ts";
import { waitFor } from "../../../testing/waiting.ts";

test("sysctlPath() exchanges dots and slashes", () => {
  expect(sysctlPath("net.ipv4.conf.eth0/1.forwarding")).toBe("/proc/sys/net/ipv4/conf/eth0.1/forwarding");
});

test("sysctlNamespace() knows what would change the host", () => {
  expect(sysctlNamespace("net.core.somaxconn")).toBe("net");
  expect(sysctlNamespace("kernel.shmmax")).toBe("ipc");
  expect(sysctlNamespace("fs.mqueue.msg_max")).toBe("ipc");
  expect(sysctlNamespace("kernel.domainname")).toBe("uts");
  expect(sysctlNamespace("kernel.core_pattern")).toBeUndefined();
});

inOwnNamespaces(import.meta.path, () => {
  const namespaces = new PinnedNamespaces();
  const own = (): string[] =>
    ["net", "ipc", "uts"].map((kind) => readlinkSync(`/proc/thread-self/ns/${kind}`));

  test("pin() makes all three with hostname, lo up and sysctls, and leaves the caller where it was", () => {
    using dir = temporaryDirectory();
    const before = own();
    const pins = `${dir.path}/ns`;
    namespaces.pin(pins, ["net", "ipc", "uts"], {
      hostname: "webstack",
      sysctls: {
        "net.ipv4.ping_group_range": "0 0",
        "kernel.shmmax": "1234567",
        "net.ipv4.ip_unprivileged_port_start": "0",
      },
    });
    expect(own()).toEqual(before);
    expect(namespaces.isPinned(pins, "net")).toBe(true);
    const enter = `nsenter --net=${pins}/net --uts=${pins}/uts --ipc=${pins}/ipc`;
    expect(sh(`${enter} hostname`)).toBe("webstack\n");
    expect(sh(`${enter} ip -j link show lo`)).toContain(`"LOOPBACK","UP"`);
    expect(sh(`${enter} sysctl -n kernel.shmmax net.ipv4.ping_group_range`)).toBe("1234567\n0\t0\n");
    expect(readFileSync("/proc/sys/kernel/shmmax", "utf8")).not.toBe("1234567\n");
    namespaces.unpin(pins);
    expect(existsSync(pins)).toBe(false);
    namespaces.unpin(pins);
  });

  test("pin() undoes itself when a sysctl is refused, and names it", () => {
    using dir = temporaryDirectory();
    const before = own();
    const pin = (sysctls: Record<string, string>) => () =>
      namespaces.pin(`${dir.path}/ns`, ["net", "uts"], { sysctls });
    expect(pin({ "kernel.core_pattern": "|/x" })).toThrow("sysctl kernel.core_pattern=|/x cannot be set");
    expect(pin({ "kernel.shmmax": "1" })).toThrow("kernel.shmmax=1 cannot be set");
    expect(pin({ "net.no.such": "1" })).toThrow("cannot set sysctl net.no.such=1: ENOENT");
    expect(pin({ "net.ipv4.ip_forward": "x" })).toThrow("cannot set sysctl net.ipv4.ip_forward=x: EINVAL");
    expect(own()).toEqual(before);
    expect(existsSync(`${dir.path}/ns`)).toBe(false);
  });

  test("inNetworkNamespace() comes back though the work throws", () => {
    using dir = temporaryDirectory();
    const before = own();
    namespaces.pin(`${dir.path}/ns`, ["net"], {});
    const inside = inNetworkNamespace(`${dir.path}/ns/net`, () => readlinkSync("/proc/thread-self/ns/net"));
    expect(inside).not.toBe(before[0] ?? "");
    const failing = (): never =>
      inNetworkNamespace(`${dir.path}/ns/net`, () => {
        throw new Error("inside");
      });
    expect(failing).toThrow("inside");
    expect(own()).toEqual(before);
    namespaces.unpin(`${dir.path}/ns`);
  });

  test("unpin() frees the namespace though a private mount namespace has a copy of the pin", async () => {
    using dir = temporaryDirectory();
    const pins = `${dir.path}/ns`;
    namespaces.pin(pins, ["net"], {});
    sh(`ip link add vethA type veth peer name eth0 netns ${pins}/net`);
    const other = Bun.spawn(["unshare", "-m", "--propagation", "private", "sleep", "30"]);
    await waitFor(
      "a mount namespace of its own",
      () => readlinkSync(`/proc/${other.pid}/ns/mnt`) !== readlinkSync("/proc/self/ns/mnt"),
    );
    expect(succeeds(`grep -q ${pins}/net /proc/${other.pid}/mountinfo`)).toBe(true);
    namespaces.unpin(pins);
    await waitFor("the end of its link", () => !succeeds("ip link show vethA"));
    other.kill();
    await other.exited;
  });

  test("pin() takes about a millisecond", () => {
    using dir = temporaryDirectory();
    const times: number[] = [];
    for (let i = 0; i < 30; i++) {
      const start = performance.now();
      namespaces.pin(`${dir.path}/${i}`, ["net", "ipc", "uts"], { hostname: "x" });
      times.push(performance.now() - start);
    }
    for (let i = 0; i < 30; i++) namespaces.unpin(`${dir.path}/${i}`);
    const best = Math.min(...times);
    console.log(`pin of net, ipc, uts: ${best.toFixed(2)} ms at best`);
    expect(best).toBeLessThan(15);
  });
});

import { describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import type { RuntimeSpec } from "@podwright/spec/oci-runtime/spec";
import { containerConfig } from "../../../testing/records.ts";
import type { ContainerConfig } from "../../ports/container-record.ts";
import type { SandboxRef } from "../../ports/pod-record.ts";
import { buildRuntimeSpec, serializeRuntimeSpec } from "./build.ts";
import type { LiveContainer } from "./live.ts";

const ID = "c".repeat(64);
const base = containerConfig(ID);

const live: LiveContainer = {
  rootfs: "/run/podwright/containers/c/rootfs",
  workdir: "/srv",
  user: { uid: 0, gid: 0, groups: [0], home: "/root", known: true },
  cgroupsPath: `/podwright-test/${ID}`,
  netnsPath: "/run/podwright/sandboxes/c/net",
  files: { "/etc/hosts": "/run/h/hosts", "/run/.containerenv": "/run/h/.containerenv" },
  standIns: {},
  secrets: {},
  volumes: { vol: "/var/lib/podwright/volumes/vol/_data" },
  facts: {
    cgroupVersion: "v2",
    boundingCapabilities: ["CAP_CHOWN", "CAP_KILL", "CAP_NET_RAW"],
    apparmor: false,
    userNamespace: false,
    messageQueues: true,
    hasGroup: () => true,
    devices: (path) =>
      path === "/dev"
        ? [
            { path: "/dev/kmsg", type: "c", major: 1, minor: 11, fileMode: 0o644, uid: 0, gid: 0 },
            { path: "/dev/tty", type: "c", major: 5, minor: 0, fileMode: 0o666, uid: 0, gid: 5 },
          ]
        : [{ path, type: "c", major: 10, minor: 229, fileMode: 0o666, uid: 0, gid: 0 }],
  },
};

const sandbox: SandboxRef = {
  podId: "f".repeat(64),
  podName: "web",
  volumePaths: {},
  hostname: "web",
  share: ["ipc", "net", "uts"],
  pinDir: "/run/podwright/sandboxes/f",
  shmPath: "/run/podwright/sandboxes/f/shm",
  hostsPath: "/run/podwright/sandboxes/f/hosts",
  resolvConfPath: "",
  hostnamePath: "",
  cgroupParent: "/podwright-test/f",
  interfaces: [],
  ports: [],
  mounts: [],
  network: { kind: "none" },
  security: base.security,
};

/** Compares with a file that a person has read; UPDATE_GOLDEN=1 writes it anew. */
function golden(name: string, spec: RuntimeSpec): void {
  const path = `${import.meta.dir}/golden/${name}.json`;
  const text = JSON.stringify(spec, undefined, 2);
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(path, `${text}\n`);
  // The order of members is not compared, only what they are.
  expect(JSON.parse(text)).toEqual(JSON.parse(readFileSync(path, "utf8")));
}

describe("buildRuntimeSpec()", () => {
  test("a plain container", () => {
    const config: ContainerConfig = {
      ...base,
      ulimits: [{ name: "nofile", soft: 1024, hard: -1 }],
      limits: { memory: 1024, memorySwap: 2048, cpuQuota: 5, cpuPeriod: 10, pids: 7, blkioWeight: 100 },
      sysctls: { "net.ipv4.ping_group_range": "0 0" },
      devices: ["/dev/fuse:/dev/myfuse:rw"],
    };
    golden("plain", buildRuntimeSpec(config, live));
  });

  test("rules for devices are added to what is forbidden", () => {
    const config: ContainerConfig = { ...base, deviceRules: ["c 10:200 rw", "a 7 m"] };
    expect(buildRuntimeSpec(config, live).linux?.resources?.devices).toEqual([
      { allow: false, access: "rwm" },
      { allow: true, type: "c", major: 10, minor: 200, access: "rw" },
      { allow: true, type: "b", major: 7, access: "m" },
      { allow: true, type: "c", major: 7, access: "m" },
    ]);
  });

  test("a member of a pod", () => {
    const config: ContainerConfig = {
      ...base,
      podId: sandbox.podId,
      network: { ...base.network, mode: { kind: "pod" }, hostname: "web" },
      namespaces: { ...base.namespaces, ipc: { kind: "pod" }, uts: { kind: "pod" } },
    };
    const { netnsPath: _none, ...rest } = live;
    const spec = buildRuntimeSpec(config, { ...rest, sandbox });
    golden("pod-member", spec);
    expect(spec).not.toHaveProperty("hostname");
  });

  test("privileged, read-only, with init, on the host's namespaces, as another user", () => {
    const config: ContainerConfig = {
      ...base,
      process: { ...base.process, init: true, initPath: "/usr/bin/catatonit", tty: true, timezone: "local" },
      security: { ...base.security, privileged: true, capAdd: ["kill"] },
      capabilities: ["CAP_CHOWN", "CAP_KILL", "CAP_NET_RAW"],
      rootfs: { readOnly: true, readOnlyTmpfs: true },
      network: { ...base.network, mode: { kind: "host" } },
      namespaces: {
        pid: { kind: "host" },
        ipc: { kind: "host" },
        uts: { kind: "host" },
        cgroup: { kind: "host" },
        user: { kind: "host" },
      },
    };
    const user = { uid: 1000, gid: 1000, groups: [1000, 27], home: "/home/u", known: true };
    const spec = buildRuntimeSpec(config, { ...live, user, consoleSize: { height: 24, width: 80 } });
    golden("privileged", spec);
  });

  test("a mount of the user's replaces ours; a bind of /dev brings all below it", () => {
    const mount = { source: "", subPath: "", anonymous: false, options: ["rw"] };
    const config: ContainerConfig = {
      ...base,
      mounts: [
        { ...mount, kind: "bind", source: "/dev", destination: "/dev" },
        { ...mount, kind: "tmpfs", source: "tmpfs", destination: "/etc/hosts" },
        { ...mount, kind: "volume", source: "vol", destination: "/b", options: ["rslave", "nocopy"] },
        { ...mount, kind: "bind", source: "/a", destination: "/b/c" },
      ],
    };
    const spec = buildRuntimeSpec(config, live);
    const destinations = spec.mounts.map((m) => m.destination);
    expect(destinations).toEqual([
      "/proc",
      "/sys",
      "/sys/fs/cgroup",
      "/b",
      "/b/c",
      "/dev",
      "/etc/hosts",
      "/run/.containerenv",
    ]);
    expect(spec.mounts.find((m) => m.destination === "/b")).toEqual({
      destination: "/b",
      type: "bind",
      source: "/var/lib/podwright/volumes/vol/_data",
      options: ["rslave"],
    });
    expect(spec.linux.rootfsPropagation).toBe("slave");
  });

  test("a namespace that is not there to join is an error", () => {
    const config = { ...base, namespaces: { ...base.namespaces, pid: { kind: "pod" as const } } };
    expect(() => buildRuntimeSpec(config, { ...live, sandbox })).toThrow(
      "cannot join the pid namespace of the pod",
    );
  });
});

test("serializeRuntimeSpec() writes RLIM_INFINITY in full", () => {
  const config = { ...base, ulimits: [{ name: "core", soft: -1, hard: -1 }] };
  const text = serializeRuntimeSpec(buildRuntimeSpec(config, live));
  expect(text).toContain(
    '"rlimits":[{"type":"RLIMIT_CORE","soft":18446744073709551615,"hard":18446744073709551615}]',
  );
});

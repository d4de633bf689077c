import { expect, test } from "bun:test";
import { containerConfig, containerRecord, podRecord } from "../../testing/records.ts";
import { NOT_STARTED, viewWorld } from "../../testing/view-context.ts";
import type { ContainerConfig, ContainerMount } from "../ports/container-record.ts";
import { inspectContainer } from "./inspect.ts";

const hex = (start: string): string => start.padEnd(64, "0");
const ID = hex("a1");
const base = containerConfig(ID);
const mount = (change: Partial<ContainerMount>): ContainerMount => ({
  kind: "bind",
  source: "",
  destination: "",
  options: [],
  subPath: "",
  anonymous: false,
  ...change,
});

/** As `create --name c1 -p 8080:80 -p 9000-9001:9000-9001/udp -v vol1:/v:ro -v /tmp:/host --tmpfs /tt …` leaves it. */
const rich: Partial<ContainerConfig> = {
  name: "c1",
  image: { ...base.image, digest: `sha256:${hex("d")}` },
  process: {
    ...base.process,
    args: ["/bin/sleep", "500"],
    entrypoint: ["/bin/sleep"],
    command: ["500"],
    init: true,
    timezone: "UTC",
    umask: "22",
  },
  mounts: [
    mount({ source: "/tmp", destination: "/host", options: ["rbind", "rw", "rprivate"] }),
    mount({ kind: "volume", source: "vol1", destination: "/v", options: ["ro", "nosuid", "nodev", "rbind"] }),
    mount({ kind: "tmpfs", destination: "/tt", options: ["nosuid", "nodev"] }),
  ],
  network: {
    ...base.network,
    mode: { kind: "bridge", attachments: [{ name: "podman", aliases: ["front"] }] },
    ports: [
      { hostIp: "", hostPort: 8080, containerPort: 80, length: 1, protocol: "tcp" },
      { hostIp: "", hostPort: 9000, containerPort: 9000, length: 2, protocol: "udp" },
    ],
    exposed: ["80/tcp", "443/tcp"],
    dns: { servers: ["1.1.1.1"] },
    addHost: ["h:1.2.3.4"],
  },
  capabilities: ["CAP_CHOWN", "CAP_NET_ADMIN"],
  security: { ...base.security, noNewPrivileges: true, seccomp: "unconfined" },
  ulimits: [{ name: "nofile", soft: 100, hard: 200 }],
  limits: { memory: 67_108_864, memorySwap: 134_217_728, cpuQuota: 150_000, cpuPeriod: 100_000, pids: 2048 },
  labels: { k: "v", a: "b" },
  health: { test: ["CMD", "true"], interval: 30_000, timeout: 0, startPeriod: 0, retries: 3 },
};

function world() {
  const made = viewWorld();
  made.store.containers.add(containerRecord(ID, rich), []);
  made.store.volumes.add({
    name: "vol1",
    driver: "local",
    created: 1,
    labels: {},
    options: {},
    uid: 0,
    gid: 0,
    anonymous: false,
    needsCopyUp: false,
    needsChown: false,
  });
  return made;
}

/** Podman 5.4.2's keys, those that it leaves out when empty in brackets. */
const KEYS: Record<string, string> = {
  "": "Id Created Path Args State Image ImageDigest ImageName Rootfs Pod ResolvConfPath HostnamePath HostsPath StaticDir OCIConfigPath OCIRuntime ConmonPidFile PidFile Name RestartCount Driver MountLabel ProcessLabel AppArmorProfile EffectiveCaps BoundingCaps ExecIDs GraphDriver SizeRw Mounts Dependencies NetworkSettings Namespace IsInfra IsService KubeExitCodePropagation lockNumber Config HostConfig UseImageHosts UseImageHostname",
  State:
    "OciVersion Status Running Paused Restarting OOMKilled Dead Pid ConmonPid ExitCode Error StartedAt FinishedAt Health CgroupPath CheckpointedAt RestoredAt",
  NetworkSettings:
    "EndpointID Gateway IPAddress IPPrefixLen IPv6Gateway GlobalIPv6Address GlobalIPv6PrefixLen MacAddress Bridge SandboxID HairpinMode LinkLocalIPv6Address LinkLocalIPv6PrefixLen Ports SandboxKey Networks",
  Config:
    "Hostname Domainname User AttachStdin AttachStdout AttachStderr Tty OpenStdin StdinOnce Env Cmd Image Volumes WorkingDir Entrypoint OnBuild Labels Annotations StopSignal Healthcheck HealthcheckOnFailureAction HealthLogDestination HealthcheckMaxLogCount HealthcheckMaxLogSize CreateCommand Timezone Umask Timeout StopTimeout Passwd sdNotifyMode ExposedPorts",
  HostConfig:
    "Binds CgroupManager CgroupMode ContainerIDFile LogConfig NetworkMode PortBindings RestartPolicy AutoRemove AutoRemoveImage Annotations VolumeDriver VolumesFrom CapAdd CapDrop Dns DnsOptions DnsSearch ExtraHosts HostsFile GroupAdd IpcMode Cgroup Cgroups Links OomScoreAdj PidMode Privileged PublishAllPorts ReadonlyRootfs SecurityOpt Tmpfs UTSMode UsernsMode ShmSize Runtime ConsoleSize Isolation CpuShares Memory NanoCpus CgroupParent BlkioWeight BlkioWeightDevice BlkioDeviceReadBps BlkioDeviceWriteBps BlkioDeviceReadIOps BlkioDeviceWriteIOps CpuPeriod CpuQuota CpuRealtimePeriod CpuRealtimeRuntime CpusetCpus CpusetMems Devices DiskQuota KernelMemory MemoryReservation MemorySwap MemorySwappiness OomKillDisable Init PidsLimit Ulimits CpuCount CpuPercent IOMaximumIOps IOMaximumBandwidth CgroupConf",
};

test("every key is there, in Podman's order", () => {
  using w = world();
  w.now.set(ID, { ...NOT_STARTED, status: "running", pid: 42, startedAt: 5 });
  w.store.containers.updateState(ID, (state) => ({
    ...state,
    run: {
      bootId: "b",
      startedAt: 5,
      interfaces: [],
      stopRequested: false,
      runtime: "/usr/bin/runc",
      ports: [],
      monitor: { pid: 41, startTime: 1, bootId: "b" },
    },
  }));
  const json = inspectContainer(w.ctx, "c1", { size: true }) as unknown as Record<string, object>;
  for (const [part, keys] of Object.entries(KEYS)) {
    expect(Object.keys(part === "" ? json : (json[part] ?? {})).join(" ")).toBe(keys);
  }
});

test("a container before its first start", () => {
  using w = world();
  const json = inspectContainer(w.ctx, ID, { size: false });
  expect(json).toMatchObject({
    Path: "/bin/sleep",
    Args: ["500"],
    Image: base.image.id,
    ImageDigest: `sha256:${hex("d")}`,
    ImageName: "docker.io/library/nginx:latest",
    Pod: "",
    IsInfra: false,
    State: {
      Status: "created",
      Running: false,
      Pid: 0,
      StartedAt: "0001-01-01T00:00:00Z",
      Health: { Status: "", FailingStreak: 0, Log: null },
    },
    BoundingCaps: ["CAP_CHOWN", "CAP_NET_ADMIN"],
    EffectiveCaps: ["CAP_CHOWN", "CAP_NET_ADMIN"],
    GraphDriver: {
      Name: "overlay",
      Data: {
        LowerDir: "/var/lib/podwright/layers/b/diff:/var/lib/podwright/layers/a/diff",
        UpperDir: `/var/lib/podwright/containers/${ID}/upper`,
      },
    },
  });
  expect(json).not.toHaveProperty("OCIConfigPath");
  expect(json.State).not.toHaveProperty("ConmonPid");
  expect(json.State).not.toHaveProperty("CgroupPath");
});

test("mounts: volumes first, tmpfs in HostConfig only", () => {
  using w = world();
  const { Mounts, HostConfig } = inspectContainer(w.ctx, ID, { size: false });
  expect(Mounts).toEqual([
    {
      Type: "volume",
      Name: "vol1",
      Source: "/var/lib/podwright/volumes/vol1/_data",
      Destination: "/v",
      Driver: "local",
      Mode: "",
      Options: ["nosuid", "nodev", "rbind"],
      RW: false,
      Propagation: "rprivate",
    },
    {
      Type: "bind",
      Source: "/tmp",
      Destination: "/host",
      Driver: "",
      Mode: "",
      Options: ["rbind"],
      RW: true,
      Propagation: "rprivate",
    },
  ]);
  expect(HostConfig.Binds).toEqual([
    "vol1:/v:ro,nosuid,nodev,rbind,rprivate",
    "/tmp:/host:rbind,rw,rprivate",
  ]);
  expect(HostConfig.Tmpfs).toEqual({ "/tt": "nosuid,nodev" });
});

test("config and limits", () => {
  using w = world();
  const { Config, HostConfig } = inspectContainer(w.ctx, ID, { size: false });
  expect(Config).toMatchObject({
    Cmd: ["500"],
    Entrypoint: ["/bin/sleep"],
    StopSignal: "SIGTERM",
    Umask: "0022",
    Labels: { a: "b", k: "v" },
    Annotations: null,
    Healthcheck: { Test: ["CMD", "true"], Interval: 30_000_000_000, Retries: 3 },
    ExposedPorts: { "80/tcp": {}, "443/tcp": {}, "9000/udp": {}, "9001/udp": {} },
  });
  expect(HostConfig).toMatchObject({
    NetworkMode: "bridge",
    IpcMode: "private",
    CapAdd: ["CAP_NET_ADMIN"],
    Memory: 67_108_864,
    MemorySwap: 134_217_728,
    MemorySwappiness: -1,
    NanoCpus: 1_500_000_000,
    PidsLimit: 2048,
    Ulimits: [{ Name: "RLIMIT_NOFILE", Soft: 100, Hard: 200 }],
    SecurityOpt: ["no-new-privileges", "seccomp=unconfined"],
    CgroupParent: "",
    LogConfig: {
      Type: "k8s-file",
      Config: null,
      Path: `/var/lib/podwright/containers/${ID}/ctr.log`,
      Size: "0B",
    },
    PortBindings: { "80/tcp": [{ HostIp: "0.0.0.0", HostPort: "8080" }] },
  });
  expect(HostConfig.CapDrop).toContain("CAP_KILL");
});

test("network: addresses stand at the top for the default network alone", () => {
  using w = world();
  w.now.set(ID, { ...NOT_STARTED, status: "running", pid: 42, startedAt: 5 });
  w.store.containers.updateState(ID, (state) => ({
    ...state,
    run: {
      bootId: "b",
      startedAt: 5,
      stopRequested: true,
      runtime: "/usr/bin/runc",
      ports: [],
      interfaces: [
        {
          network: "podman",
          interfaceName: "eth0",
          mac: "aa:bb:cc:dd:ee:ff",
          addresses: ["10.88.0.2/16", "10.88.0.3/16", "fd00::2/64"],
          gateways: ["10.88.0.1", "10.88.0.1", "fd00::1"],
        },
      ],
    },
  }));
  const { NetworkSettings, State } = inspectContainer(w.ctx, ID, { size: false });
  expect(State.StoppedByUser).toBe(true);
  const addresses = {
    Gateway: "10.88.0.1",
    IPAddress: "10.88.0.2",
    IPPrefixLen: 16,
    SecondaryIPAddresses: [{ Addr: "10.88.0.3", PrefixLength: 16 }],
    IPv6Gateway: "fd00::1",
    GlobalIPv6Address: "fd00::2",
    GlobalIPv6PrefixLen: 64,
    MacAddress: "aa:bb:cc:dd:ee:ff",
  };
  expect(NetworkSettings).toMatchObject({
    ...addresses,
    SandboxKey: `/run/podwright/sandboxes/${ID}/net`,
    Ports: {
      "80/tcp": [{ HostIp: "0.0.0.0", HostPort: "8080" }],
      "443/tcp": null,
      "9001/udp": [{ HostIp: "0.0.0.0", HostPort: "9001" }],
    },
    Networks: { podman: { ...addresses, NetworkID: "podman", Aliases: ["front", ID.slice(0, 12)] } },
  });
});

test("what was killed with an ending signal was stopped by its user, as Podman has it", () => {
  using w = world();
  const end = { bootId: "b", startedAt: 5, stopRequested: false, runtime: "/usr/bin/runc", ports: [] };
  w.store.containers.updateState(ID, (state) => ({
    ...state,
    run: { ...end, interfaces: [], killed: true },
  }));
  expect(inspectContainer(w.ctx, ID, { size: false }).State.StoppedByUser).toBe(true);
});

test("a member shows its pod's network and namespaces, a sharer its donor's", () => {
  using w = viewWorld();
  const pod = podRecord(hex("f"), {
    infraId: hex("1"),
    hostname: "stack",
    ports: [{ hostIp: "", hostPort: 80, containerPort: 80, length: 1, protocol: "tcp" }],
    network: { kind: "bridge", attachments: [{ name: "podman" }] },
  });
  w.store.pods.add(
    { ...pod, state: { stoppedAt: 0, sandbox: { bootId: "b", startedAt: 7, interfaces: [], ports: [] } } },
    containerRecord(hex("1"), {
      infra: true,
      podId: hex("f"),
      process: { ...base.process, args: [] },
      cgroupParent: "/podwright-test/pod",
      network: { ...base.network, ports: pod.config.ports },
    }),
  );
  const shared = { kind: "pod" } as const;
  w.store.containers.add(
    containerRecord(hex("2"), {
      name: "member",
      podId: hex("f"),
      network: { ...base.network, mode: shared },
      namespaces: { ...base.namespaces, ipc: shared, uts: shared },
      cgroupParent: "/podwright-test/pod",
    }),
    [],
  );
  w.store.containers.add(
    containerRecord(hex("3"), {
      name: "sharer",
      network: { ...base.network, mode: { kind: "container", container: hex("2") } },
    }),
    [],
  );
  w.up.add(hex("f"));
  const bindings = { "80/tcp": [{ HostIp: "0.0.0.0", HostPort: "80" }] };
  const member = inspectContainer(w.ctx, "member", { size: false });
  expect(member).toMatchObject({
    Pod: hex("f"),
    Dependencies: [hex("1")],
    Config: { Hostname: "stack" },
    HostConfig: {
      NetworkMode: `container:${hex("1")}`,
      IpcMode: `container:${hex("1")}`,
      UTSMode: `container:${hex("1")}`,
      PidMode: "private",
      PortBindings: {},
      CgroupParent: "/podwright-test/pod",
    },
    NetworkSettings: { Ports: bindings, SandboxKey: `/run/podwright/sandboxes/${hex("f")}/net` },
  });
  const infra = inspectContainer(w.ctx, hex("1"), { size: false });
  expect(infra).toMatchObject({
    IsInfra: true,
    Path: "",
    State: { Status: "running", Running: true, Pid: 0, CgroupPath: "/podwright-test/pod" },
    HostConfig: { NetworkMode: "bridge", PortBindings: bindings },
    EffectiveCaps: [],
  });
  const sharer = inspectContainer(w.ctx, "sharer", { size: false });
  expect(sharer.HostConfig.NetworkMode).toBe(`container:${hex("2")}`);
  expect(sharer.NetworkSettings.Ports).toEqual(bindings);
});

test("host and none have a network of their own name", () => {
  using w = viewWorld();
  const at = (kind: "host" | "none") => ({ ...base.network, mode: { kind } }) as const;
  w.store.containers.add(containerRecord(hex("4"), { network: at("host") }), []);
  w.store.containers.add(containerRecord(hex("5"), { network: at("none") }), []);
  w.now.set(hex("5"), { ...NOT_STARTED, status: "running", pid: 9 });
  const host = inspectContainer(w.ctx, hex("4"), { size: false });
  expect(host.NetworkSettings).toMatchObject({ Networks: { host: { NetworkID: "host" } }, SandboxKey: "" });
  expect(host.HostConfig.NetworkMode).toBe("host");
  expect(inspectContainer(w.ctx, hex("5"), { size: false }).NetworkSettings.Networks).toHaveProperty("none");
});

test("another user has only the capabilities that were added by name", () => {
  using w = viewWorld();
  const process = { ...base.process, user: "nginx:nginx" };
  const security = { ...base.security, capAdd: ["net_admin"] };
  const capabilities = ["CAP_CHOWN", "CAP_NET_ADMIN"];
  w.store.containers.add(containerRecord(hex("6"), { process, security, capabilities }), []);
  expect(inspectContainer(w.ctx, hex("6"), { size: false }).EffectiveCaps).toEqual(["CAP_NET_ADMIN"]);
});

test("an unknown name", () => {
  using w = viewWorld();
  expect(() => inspectContainer(w.ctx, "nope", { size: false })).toThrow("no such container nope");
});

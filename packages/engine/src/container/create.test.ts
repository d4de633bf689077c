import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { createWorld, requestOf } from "../../testing/create-world.ts";
import { podRecord } from "../../testing/records.ts";
import type { PodConfig } from "../ports/pod-record.ts";
import { createContainer } from "./create.ts";

async function failure(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return "";
}

describe("createContainer()", () => {
  test("keeps the request in a row that is ready, with a random name and its directories", async () => {
    using world = createWorld();
    const { config } = await world.create("-e", "A=1", "--label", "x=y", "busybox", "echo", "hi");
    expect(config.name).toMatch(/^[a-z]+_[a-z]+$/);
    expect(config.process.args).toEqual(["echo", "hi"]);
    expect(config.process.env).toContain("A=1");
    expect(config.labels).toEqual({ x: "y" });
    expect(world.ctx.store.containers.get(config.id)?.phase).toBe("ready");
    const store = `${world.ctx.settings.root}/containers/${config.id}`;
    expect(readdirSync(store).sort()).toEqual(["upper", "work"]);
  });

  test("entry point and command: the user's entry point drops the image's command", async () => {
    using world = createWorld({ Entrypoint: ["/entry"], Cmd: ["default"] });
    const args = async (...line: string[]) => (await world.create(...line)).config.process.args;
    expect(await args("busybox")).toEqual(["/entry", "default"]);
    expect(await args("busybox", "a", "b")).toEqual(["/entry", "a", "b"]);
    expect(await args("--entrypoint", "/mine", "busybox")).toEqual(["/mine"]);
    expect(await args("--entrypoint", '["/mine","x"]', "busybox", "y")).toEqual(["/mine", "x", "y"]);
    expect(await args("--entrypoint", "", "busybox", "y")).toEqual(["y"]);
    expect(await failure(world.create("--entrypoint", "", "busybox"))).toBe(
      "no command or entrypoint provided, and no CMD or ENTRYPOINT from image",
    );
  });

  test("environment: image over defaults, request over image; an image cannot ask for the host's variables", async () => {
    using world = createWorld(
      { Env: ["PATH=/img", "SECRET", "*", "S*=x", "KEEP=img", "DROP=1"] },
      { env: { SECRET: "s3cret", http_proxy: "http://p", no_proxy: "n" } },
    );
    const { config } = await world.create("-t", "-e", "KEEP=mine", "--unsetenv", "DROP", "busybox");
    expect(config.process.env).toEqual([
      "PATH=/img",
      "container=podman",
      "KEEP=mine",
      "TERM=xterm",
      "http_proxy=http://p",
      "no_proxy=n",
    ]);
    const starred = await world.create(
      "--unsetenv-all",
      "--http-proxy=false",
      "-e",
      "odd*name!=x",
      "busybox",
    );
    expect(starred.config.process.env).toEqual(["odd*name!=x"]);
    const bare = await world.create("--unsetenv-all", "--http-proxy=false", "-e", "A=", "busybox");
    expect(bare.config.process.env).toEqual(["A="]);
  });

  test("capabilities: defaults, additions, removals, conflicts", async () => {
    using world = createWorld();
    const caps = async (...line: string[]) => (await world.create(...line, "busybox")).config.capabilities;
    expect((await caps()).length).toBe(11);
    expect(await caps("--cap-drop", "all", "--cap-add", "net_admin,chown")).toEqual([
      "CAP_CHOWN",
      "CAP_NET_ADMIN",
    ]);
    expect(await caps("--cap-drop", "ALL")).toEqual([]);
    expect(await caps("--privileged")).toEqual([...world.ctx.facts.boundingCapabilities]);
    expect(await failure(caps("--cap-add", "nonsense"))).toBe('"CAP_NONSENSE": unknown capability');
    expect(await failure(caps("--cap-add", "kill", "--cap-drop", "CAP_KILL"))).toBe(
      'capability "CAP_KILL" cannot be dropped and added',
    );
  });

  test("default ulimits are lowered to what the caller may set; named ones are refused above it", async () => {
    const limits = { nofile: { soft: 1024, hard: 4096 } };
    const facts = {
      ...capturedFacts(),
      canRaiseLimits: false,
      primaryAddress: () => Promise.resolve(""),
      limit: (name: string) => (name === "nofile" ? limits.nofile : { soft: -1, hard: -1 }),
    };
    using world = createWorld({}, { facts });
    const { config } = await world.create("--ulimit", "core=0", "busybox");
    expect(config.ulimits).toEqual([
      { name: "nofile", soft: 4096, hard: 4096 },
      { name: "nproc", soft: 1_048_576, hard: 1_048_576 },
      { name: "core", soft: 0, hard: 0 },
    ]);
    expect(await failure(world.create("--ulimit", "nofile=9000", "busybox"))).toContain(
      "operation not permitted",
    );
  });

  test("--cpus becomes quota and period; pids have a default", async () => {
    using world = createWorld();
    const { config } = await world.create("--cpus", "1.5", "-m", "64m", "busybox");
    expect(config.limits).toMatchObject({
      cpuPeriod: 100_000,
      cpuQuota: 150_000,
      memory: 67_108_864,
      pids: 2048,
    });
    const unlimited = await world.create("--pids-limit", "0", "busybox");
    expect(unlimited.config.limits.pids).toBe(-1);
    expect(await failure(world.create("--cpus", "1", "--cpu-quota", "5", "busybox"))).toBe(
      "--cpu-quota and --cpus cannot be set together",
    );
  });

  test("ports: -P takes the image's and the exposed ones that -p leaves", async () => {
    using world = createWorld({ ExposedPorts: { "80/tcp": {}, "53/udp": {} } });
    const { config } = await world.create("-P", "--expose", "90", "-p", "8080:80", "busybox");
    expect(config.network.ports.map((p) => [p.hostPort, p.containerPort, p.protocol])).toEqual([
      [8080, 80, "tcp"],
      [0, 53, "udp"],
      [0, 90, "tcp"],
    ]);
    expect(config.network.exposed).toEqual(["80/tcp", "53/udp", "90/tcp"]);
    const aliased = await world.create(
      "--network",
      "bridge:alias=front",
      "--network-alias",
      "web",
      "busybox",
    );
    expect(aliased.config.network.mode).toEqual({
      kind: "bridge",
      attachments: [{ name: "podman", aliases: ["front", "web"] }],
    });
    expect(await failure(world.create("--network-alias", "a b", "busybox"))).toContain(
      'invalid network alias "a b"',
    );
    expect(await failure(world.create("--network", "nosuch", "busybox"))).toBe(
      "unable to find network with name or ID nosuch: network not found",
    );
    const host = await world.create("--network", "host", "-p", "1:1", "busybox");
    expect(host.config.network.ports).toEqual([]);
    expect(host.warnings).toEqual([
      "Port mappings have been discarded as one of the Host, Container, Pod, and None network modes are in use",
    ]);
  });

  test("a name that is taken, by text; --replace removes its owner", async () => {
    using world = createWorld();
    const first = await world.create("--name", "web", "busybox");
    expect(await failure(world.create("--name", "web", "busybox"))).toBe(
      `creating container storage: the container name "web" is already in use by ${first.config.id}. You have to remove that container to be able to reuse that name: that name is already in use, or use --replace to instruct Podwright to do so.`,
    );
    expect(await failure(world.create("--name", "/web", "busybox"))).toContain(
      'name "web" is already in use',
    );
    const second = await world.create("--name", "web", "--replace", "busybox");
    expect(second.config.id).not.toBe(first.config.id);
    expect(await failure(world.create("--name", "-bad", "busybox"))).toBe(
      "running container create option: names must match [a-zA-Z0-9][a-zA-Z0-9_.-]*: invalid argument",
    );
  });

  test("a creation that fails or is interrupted leaves nothing", async () => {
    using world = createWorld({ Volumes: { "/data": {} } });
    const file = `${world.directory}/no/such/cid`;
    expect(await failure(world.create("-v", "named:/n", "--cidfile", file, "busybox"))).toContain(
      "creating idfile",
    );
    expect(world.volumes).toEqual([]);
    expect(world.ctx.store.containers.list({ includeCreating: true })).toEqual([]);
    expect(readdirSync(`${world.ctx.settings.root}/containers`)).toEqual([]);
    const control = new AbortController();
    control.abort(new EngineError("CANCELED", "interrupted"));
    const attempt = createContainer(world.ctx, requestOf(["busybox"]), {
      progress: () => {},
      signal: control.signal,
    });
    expect(await failure(attempt)).toBe("interrupted");
    expect(world.ctx.store.containers.list({ includeCreating: true })).toEqual([]);
  });

  test("a volume that was there before a failed creation stays", async () => {
    using world = createWorld();
    world.ctx.createVolume({ name: "kept", labels: {}, options: {} });
    const file = `${world.directory}/no/such/cid`;
    await failure(world.create("-v", "kept:/n", "--cidfile", file, "busybox"));
    expect(world.volumes).toEqual(["kept"]);
  });

  test("--cidfile", async () => {
    using world = createWorld();
    const file = `${world.directory}/cid`;
    const { config } = await world.create("--cidfile", file, "busybox");
    expect(readFileSync(file, "utf8")).toBe(config.id);
  });

  test("an image that goes while its container is made", async () => {
    using world = createWorld();
    world.ctx.store.images.remove("e".repeat(64));
    expect(await failure(world.create("busybox"))).toBe("busybox: image not known");
    expect(world.ctx.store.containers.list({ includeCreating: true })).toEqual([]);
  });
});

function capturedFacts() {
  using world = createWorld();
  const { facts } = world.ctx;
  return {
    arch: facts.arch,
    kernel: facts.kernel,
    hostname: facts.hostname,
    cgroupVersion: facts.cgroupVersion,
    limitsSwap: true,
    selinux: false,
    apparmor: false,
    userNamespace: false,
    messageQueues: true,
    hasGroup: () => true,
    hasJournal: false,
    boundingCapabilities: facts.boundingCapabilities,
    mountFlags: (path: string) => facts.mountFlags(path),
    devices: (path: string) => facts.devices(path),
  };
}

describe("mounts of a new container", () => {
  test("binds, volumes and tmpfs get Podman's options", async () => {
    using world = createWorld({ Volumes: { "/data": {}, "/tmp/x": {} } });
    const { config } = await world.create(
      "-v",
      `${world.directory}:/host:ro`,
      "-v",
      "vol:/vol",
      "-v",
      "/anon",
      "--tmpfs",
      "/t:size=1m",
      "--mount",
      "type=tmpfs,destination=/tmp/x,tmpfs-mode=700",
      "busybox",
    );
    const shown = config.mounts.map((m) => [m.destination, m.kind, m.anonymous, m.options.join()]);
    expect(shown).toEqual([
      ["/anon", "volume", true, "rw,rprivate,nosuid,nodev,rbind"],
      ["/data", "volume", true, "rprivate,rw,nodev,exec,nosuid,rbind"],
      ["/host", "bind", false, expect.stringContaining("ro,rprivate")],
      ["/t", "tmpfs", false, "size=1m,rw,rprivate,nosuid,nodev,tmpcopyup"],
      ["/tmp/x", "tmpfs", false, "mode=700,rw,rprivate,nosuid,nodev,tmpcopyup"],
      ["/vol", "volume", false, "rw,rprivate,nosuid,nodev,rbind"],
    ]);
    expect(world.volumes.length).toBe(3);
    expect(world.volumes).toContain("vol");
  });

  test("containers.conf's mounts, where the caller has none of his own", async () => {
    using world = createWorld();
    const mounts = [`type=bind,src=${world.directory},dst=/both,ro`, "type=tmpfs,dst=/conf"];
    const { settings } = world.ctx;
    const ctx = { ...world.ctx, settings: { ...settings, config: { ...settings.config, mounts } } };
    const create = async (...line: string[]) => {
      const { id } = await createContainer(ctx, requestOf(line), { progress: () => {} });
      return ctx.store.containers.find(id).config.mounts.map((m) => [m.destination, m.kind]);
    };
    expect(await create("busybox")).toEqual([
      ["/both", "bind"],
      ["/conf", "tmpfs"],
    ]);
    expect(await create("--tmpfs", "/both", "busybox")).toContainEqual(["/both", "tmpfs"]);
    mounts.push("type=bogus,dst=/x");
    expect(await failure(create("busybox"))).toBe(
      'parsing containers.conf mounts: invalid filesystem type "bogus"',
    );
  });

  test("refusals", async () => {
    using world = createWorld();
    const error = (...line: string[]) => failure(world.create(...line, "busybox"));
    expect(await error("-v", "/nonexistent:/x")).toBe("statfs /nonexistent: no such file or directory");
    expect(await error("-v", "/tmp:/x", "-v", "/var:/x")).toBe("/x: duplicate mount destination");
    expect(await error("--tmpfs", "/x:rw,ro")).toBe(
      "only one of 'rw' and 'ro' can be used: duplicate mount option passed",
    );
    expect(await error("--mount", "type=bind,src=/tmp,dst=/x,bind-propagation=evil")).toBe(
      'invalid value "bind-propagation=evil"',
    );
    expect(await error("-v", "/tmp:/x:idmap")).toContain("has no user namespace of its own");
    expect(await error("-v", "/tmp:/")).toContain("the root is no mount point");
  });

  test("--volumes-from takes binds and volumes, with other access if asked", async () => {
    using world = createWorld();
    await world.create(
      "--name",
      "donor",
      "-v",
      "vol:/vol",
      "-v",
      "/tmp:/t",
      "--tmpfs",
      "/scratch",
      "busybox",
    );
    const { config } = await world.create("--volumes-from", "donor:ro", "busybox");
    expect(config.mounts.map((m) => [m.destination, m.source])).toEqual([
      ["/t", "/tmp"],
      ["/vol", "vol"],
    ]);
    expect(config.mounts.every((m) => m.options.includes("ro"))).toBe(true);
    expect(await failure(world.create("--volumes-from", "donor:exec", "busybox"))).toContain("z,ro,rw");
    expect(await failure(world.create("--volumes-from", "nobody", "busybox"))).toContain(
      'looking up container "nobody" for volumes-from',
    );
  });
});

describe("members of a pod", () => {
  const SHARED = "network cannot be configured when it is shared with a pod";

  function withPod(change: Partial<PodConfig> = {}) {
    const world = createWorld();
    const infra = { infraId: "a".repeat(64), ...change };
    world.ctx.store.pods.add(podRecord("f".repeat(64), { name: "web", ...infra }), undefined);
    return world;
  }

  test("take the pod's namespaces, cgroup, name and mounts", async () => {
    using world = withPod({
      mounts: [{ kind: "bind", source: "/tmp", destination: "/shared", options: [] }],
      security: { ...requestOf(["busybox"]).security, noNewPrivileges: true },
    });
    const { config } = await world.create("--pod", "web", "busybox");
    expect(config.podId).toBe("f".repeat(64));
    expect(config.network.mode).toEqual({ kind: "pod" });
    expect([config.namespaces.ipc.kind, config.namespaces.uts.kind, config.namespaces.pid.kind]).toEqual([
      "pod",
      "pod",
      "private",
    ]);
    expect(config.network.hostname).toBe("pod-ffff");
    expect(config.cgroupParent).toBe(`/podwright-test/${"f".repeat(64)}`);
    expect(config.mounts.map((m) => m.destination)).toEqual(["/shared"]);
    expect(config.security.noNewPrivileges).toBe(true);
  });

  test("cannot ask for what the pod decides", async () => {
    using world = withPod();
    const error = (...line: string[]) => failure(world.create("--pod", "web", ...line, "busybox"));
    expect(await error("--network", "other")).toBe(
      `invalid config provided: networks must be defined when the pod is created: ${SHARED}`,
    );
    expect(await error("--ip", "10.88.0.9")).toContain("networks must be defined");
    expect(await error("-p", "80:80")).toBe(
      `invalid config provided: published or exposed ports must be defined when the pod is created: ${SHARED}`,
    );
    expect(await error("--add-host", "a:1.2.3.4")).toBe(
      `invalid config provided: extra host entries must be specified on the pod: ${SHARED}`,
    );
    expect(await error("--hostname", "me")).toBe(
      "invalid config provided: cannot set hostname when joining the pod UTS namespace: invalid configuration",
    );
    expect(await failure(world.create("--pod", "nope", "busybox"))).toContain("no such pod");
  });

  test("a pod without a sandbox shares nothing", async () => {
    using world = withPod({ infraId: "" });
    const { config } = await world.create("--pod", "web", "-p", "80:80", "busybox");
    expect(config.network.mode.kind).toBe("bridge");
    expect(config.namespaces.ipc.kind).toBe("shareable");
  });
});

describe("namespaces of a new container", () => {
  test("container:ID is kept by id and makes a dependency", async () => {
    using world = createWorld();
    const donor = (await world.create("--name", "donor", "busybox")).config;
    const { config } = await world.create(
      "--network",
      "container:donor",
      "--pid",
      "container:donor",
      "busybox",
    );
    expect(config.network.mode).toEqual({ kind: "container", container: donor.id });
    expect(config.namespaces.pid).toEqual({ kind: "container", container: donor.id });
    expect(config.dependencies).toEqual([donor.id]);
    expect(await failure(world.create("--network", "container:x", "busybox"))).toContain("no such container");
    expect(await failure(world.create("--network", "ns:/run/nope", "busybox"))).toBe(
      "cannot find specified network namespace path: /run/nope: no such file or directory",
    );
  });

  test("ipc of a private donor is refused", async () => {
    using world = createWorld();
    const donor = (await world.create("--name", "donor", "--ipc", "private", "busybox")).config;
    expect(await failure(world.create("--ipc", "container:donor", "busybox"))).toBe(
      `joining IPC of container ${donor.id} is not allowed: non-shareable IPC (hint: use IpcMode:shareable for the donor container)`,
    );
  });

  test("sysctls of the host's namespaces are refused, defaults left out there", async () => {
    using world = createWorld();
    expect(
      await failure(world.create("--network", "host", "--sysctl", "net.ipv4.ip_forward=1", "busybox")),
    ).toBe("sysctl net.ipv4.ip_forward=1 can't be set since Network Namespace set to host: invalid argument");
    expect((await world.create("--network", "host", "busybox")).config.sysctls).toEqual({});
    expect((await world.create("busybox")).config.sysctls).toEqual({ "net.ipv4.ping_group_range": "0 0" });
  });

  test("--init needs a PID namespace of its own and the program", async () => {
    using world = createWorld();
    expect(await failure(world.create("--init", "--pid", "host", "busybox"))).toBe(
      "cannot add init binary as PID 1 (PID namespace isn't private)",
    );
    expect(await failure(world.create("--init", "--init-path", "/nope", "busybox"))).toBe(
      "container-init binary not found on the host: stat /nope: no such file or directory",
    );
    const fake = `${world.directory}/init`;
    mkdirSync(fake);
    const { config } = await world.create("--init", "--init-path", fake, "busybox");
    expect(config.process.initPath).toBe(fake);
    expect(existsSync(config.process.initPath)).toBe(true);
  });
});

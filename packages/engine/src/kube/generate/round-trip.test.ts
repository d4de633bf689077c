/** There and back: a manifest through records, and records through a manifest. */
import { afterAll, beforeEach, expect, test } from "bun:test";
import fc from "fast-check";
import { parseAllDocuments } from "yaml";
import { generateWorld } from "../../../testing/generate-world.ts";
import { podManifests } from "../../../testing/pod-manifests.ts";
import type { ContainerConfig } from "../../ports/container-record.ts";
import type { PodConfig } from "../../ports/pod-record.ts";
import { toYaml } from "./yaml.ts";

const world = generateWorld({ Entrypoint: ["/entry"], Cmd: ["serve"], WorkingDir: "/app", Env: ["LANG=C"] });
beforeEach(() => world.clear());
afterAll(() => world[Symbol.dispose]());

interface Document {
  readonly metadata: Record<string, unknown>;
  readonly spec: Record<string, unknown>;
}

/** Without the time of creation; volumes in the order of their names. */
function documents(yaml: string): unknown[] {
  return parseAllDocuments(yaml).map((parsed) => {
    const { metadata, spec, ...rest } = parsed.toJS() as Document;
    const { creationTimestamp: _, ...known } = metadata;
    const { volumes, ...others } = spec;
    const sorted = (volumes as { readonly name: string }[] | undefined)?.toSorted((a, b) =>
      a.name < b.name ? -1 : 1,
    );
    return { ...rest, metadata: known, spec: sorted === undefined ? others : { ...others, volumes: sorted } };
  });
}

test("a manifest that became records is written as it was", async () => {
  await fc.assert(
    fc.asyncProperty(podManifests, async (objects) => {
      world.clear();
      const yaml = objects.map(toYaml).join("---\n");
      await world.playAndForget(yaml);
      expect(documents(world.generate(["web"]).yaml)).toEqual(documents(yaml));
    }),
    { numRuns: 40 },
  );
}, 60_000);

/** Flags of `create` that a manifest can say; of each group at most one. */
const MEMBER_FLAGS: readonly (readonly (readonly string[])[])[] = [
  [
    ["-e", "A=$(B)$$"],
    ["-e", "LANG=de", "-e", "E="],
    ["-e", "M=a\nb: c"],
  ],
  [["-w", "/srv"]],
  [["-t"], ["-i"], ["-ti"]],
  [
    ["--user", "1000"],
    ["--user", "12:34"],
    ["--user", "www"],
    ["--user", "root"],
  ],
  [["--read-only"]],
  [
    ["--cap-add", "NET_ADMIN"],
    ["--cap-drop", "chown", "--cap-add", "sys_time"],
    ["--cap-drop", "ALL", "--cap-add", "KILL"],
  ],
  [["--security-opt", "no-new-privileges"], ["--privileged"]],
  [["--security-opt", "seccomp=unconfined"]],
  [["--security-opt", "label=level:s0:c1"]],
  [["--security-opt", "unmask=ALL"]],
  [
    ["--memory", "300m"],
    ["--memory", "100000000", "--memory-reservation", "64m"],
  ],
  [
    ["--cpus", "1.5", "--cpu-shares", "512"],
    ["--cpu-shares", "300"],
  ],
  [
    ["--pids-limit", "40"],
    ["--pids-limit", "-1"],
  ],
  [["--cpuset-cpus", "0"]],
  [["--ulimit", "core=0:0"]],
  [
    ["-v", "data:/data"],
    ["-v", "data:/data:ro"],
  ],
  [
    ["-v", "/etc:/host-etc:ro"],
    ["-v", "/etc/hosts:/h:rslave"],
  ],
  [["-v", "/cache"]],
  [
    ["--tmpfs", "/run/t:size=64m"],
    ["--tmpfs", "/run/t:ro"],
  ],
  [["--device", "/dev/null:/dev/mine"]],
  [
    ["--entrypoint", '["sh","-c"]'],
    ["--entrypoint", "sh"],
    ["--entrypoint", ""],
  ],
  [["--stop-timeout", "7"]],
  [["--stop-signal", "INT"]],
  [["--expose", "9000/udp"]],
];
const POD_FLAGS: readonly (readonly (readonly string[])[])[] = [
  [
    ["-p", "8080:80"],
    ["-p", "127.0.0.1:53:53/udp", "-p", "9000-9002:9000-9002"],
  ],
  [["--hostname", "front"]],
  [["--add-host", "db:10.0.0.7"]],
  [
    ["--dns", "1.1.1.1", "--dns-search", "example.com"],
    ["--dns-option", "ndots:2"],
  ],
  [["--share", "+pid"]],
  [
    ["--label", "tier=web"],
    ["--label", "app=shop"],
  ],
  [["--sysctl", "net.core.somaxconn=512"]],
  [["--infra-name", "mine"]],
];

const chosen = (groups: readonly (readonly (readonly string[])[])[]): fc.Arbitrary<string[]> =>
  fc
    .tuple(
      ...groups.map((group) =>
        fc.oneof(
          { weight: 3, arbitrary: fc.constant([]) },
          { weight: 1, arbitrary: fc.constantFrom(...group) },
        ),
      ),
    )
    .map((all) => all.flat());

test("a pod that commands made is made again by playing what was written of it", async () => {
  const commands = fc.constantFrom(["top"], ["sh", "-c", "echo $HOME $(x)"]);
  const member = fc.tuple(chosen(MEMBER_FLAGS), commands);
  await fc.assert(
    fc.asyncProperty(
      chosen(POD_FLAGS),
      fc.array(member, { minLength: 1, maxLength: 2 }),
      async (flags, members) => {
        world.clear();
        const pod = await world.pod("--name", "web", ...flags);
        const made: ContainerConfig[] = [];
        for (const [index, [own, command]] of members.entries()) {
          // Kubernetes has one stop timeout for the pod.
          const line = index > 0 ? withoutFlag(own, "--stop-timeout") : own;
          const same = index > 0 && members[0]?.[0].includes("--stop-timeout") ? ["--stop-timeout", "7"] : [];
          made.push(
            await world.container(
              "--pod",
              "web",
              "--name",
              `c${index}`,
              ...line,
              ...same,
              "busybox",
              ...command,
            ),
          );
        }
        const sharesUlimits = members.some(([own]) => own.includes("--ulimit"));
        const before = matters(pod, made, { sharesUlimits });
        const { yaml } = world.generate(["web"]);
        world.clear();
        const [again] = await world.playAndForget(yaml);
        if (again === undefined) throw new Error("nothing was made");
        expect(matters(again.pod, again.members, { sharesUlimits })).toEqual(before);
      },
    ),
    { numRuns: 40 },
  );
}, 60_000);

function withoutFlag(line: readonly string[], flag: string): string[] {
  const at = line.indexOf(flag);
  return at === -1 ? [...line] : [...line.slice(0, at), ...line.slice(at + 2)];
}

interface Apart {
  /** Ulimits are the pod's when written, of all its containers. */
  readonly sharesUlimits: boolean;
}

/** What of a pod must come back; names of containers get the pod's in front, users become numbers. */
function matters(pod: PodConfig, members: readonly ContainerConfig[], apart: Apart): object {
  return {
    name: pod.name,
    hostname: pod.hostname,
    share: pod.share,
    network: pod.network.kind,
    dns: pod.dns,
    addHost: pod.addHost,
    ports: pod.ports.flatMap(({ length, hostPort, containerPort, ...rest }) =>
      Array.from({ length }, (_, n) => ({
        ...rest,
        hostPort: hostPort + n,
        containerPort: containerPort + n,
      })),
    ),
    sysctls: pod.sysctls,
    labels: { app: "web", ...pod.labels },
    infra: world.base.ctx.store.containers.get(pod.infraId)?.config.name.replace(pod.id.slice(0, 12), "ID"),
    members: members.map((config) => memberMatters(config, apart)),
  };
}

const USERS: Readonly<Record<string, string>> = { www: "33:33", root: "0:0" };

function memberMatters({ process, ...config }: ContainerConfig, { sharesUlimits }: Apart): object {
  const { cpuPeriod: _, memorySwap: _swap, ...limits } = config.limits;
  return {
    args: process.args,
    env: process.env.toSorted(),
    workdir: process.workdir,
    user: USERS[process.user] ?? process.user,
    tty: process.tty,
    openStdin: process.openStdin,
    stopSignal: process.stopSignal,
    stopTimeout: process.stopTimeout,
    readOnly: config.rootfs.readOnly,
    mounts: config.mounts.map(mountMatters),
    devices: config.devices.map((text) => text.replace(/:rwm$/, "")),
    capabilities: config.capabilities,
    security: { ...config.security, capAdd: [], capDrop: [] },
    limits,
    ulimits: sharesUlimits ? [] : config.ulimits,
    network: config.network.mode,
    exposes: config.network.exposed.includes("9000/udp"),
    namespaces: config.namespaces,
  };
}

/** Directories and memory are the pod's when played. */
function mountMatters({ kind, source, destination, options }: ContainerConfig["mounts"][number]): object {
  const isPods = kind === "tmpfs" || kind === "pod-volume" || /^[0-9a-f]{64}$/.test(source);
  return {
    destination,
    readOnly: options.includes("ro"),
    slave: options.includes("rslave"),
    ...(isPods ? { kind: "pod's" } : { kind, source }),
  };
}

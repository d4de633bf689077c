/** A KubeContext over a real store, with nouns that act on that store alone and fail when a test says so. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import type { Outcome } from "@podwright/spec/engine-api/common";
import type { ContainerRequest, ContainersApi } from "@podwright/spec/engine-api/containers";
import type { NetworksApi } from "@podwright/spec/engine-api/networks";
import type { PodRequest, PodsApi } from "@podwright/spec/engine-api/pods";
import type { SecretInfo, SecretsApi } from "@podwright/spec/engine-api/secrets";
import type { VolumesApi } from "@podwright/spec/engine-api/volumes";
import { createLog } from "../src/base/log.ts";
import type { KubeContext } from "../src/kube/context.ts";
import type { ManifestObject } from "../src/kube/manifest.ts";
import type { PlannedPod, PlayPlan } from "../src/kube/play-plan.ts";
import { SqliteStore } from "../src/state/sqlite-store.ts";
import { logBatch } from "./log-batch.ts";
import { containerRecord, podRecord } from "./records.ts";

const NOW = 1_790_000_600_000;

export interface KubeWorld extends Disposable {
  readonly ctx: KubeContext;
  readonly store: SqliteStore;
  readonly directory: string;
  /** "pods.create web", in order. */
  readonly calls: string[];
  readonly secrets: Map<string, SecretInfo & { readonly data: Uint8Array }>;
  /** Calls that throw, by what `calls` would say. */
  readonly failing: Map<string, Error>;
  readonly hanging: Set<string>;
  /** Outcomes of `pods.start`, by id; without one it succeeds. */
  readonly starts: Map<string, () => Promise<Awaited<ReturnType<PodsApi["start"]>>[number]>>;
  readonly alive: { value: boolean };
  /** Everything that is there, in a form to compare. */
  readonly state: () => unknown;
}

export function kubeWorld(): KubeWorld {
  const directory = mkdtempSync(`${tmpdir()}/kube-`);
  const store = SqliteStore.open(directory);
  const world = {
    store,
    directory,
    calls: [] as string[],
    secrets: new Map<string, SecretInfo & { readonly data: Uint8Array }>(),
    failing: new Map<string, Error>(),
    hanging: new Set<string>(),
    starts: new Map<string, () => Promise<Awaited<ReturnType<PodsApi["start"]>>[number]>>(),
    alive: { value: true },
    state: () => ({
      pods: store.pods.ids(),
      containers: store.containers.ids(),
      volumes: store.volumes.list().map(({ name }) => name),
      networks: store.networks.list().map(({ name }) => name),
      secrets: [...world.secrets.values()].map(({ name, data }) => [name, Buffer.from(data).toString()]),
      plays: store.plays.list(),
    }),
    [Symbol.dispose]() {
      store.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
  return { ...world, ctx: contextOf(world) };
}

type Bare = Omit<KubeWorld, "ctx">;

function contextOf(world: Bare): KubeContext {
  const { store } = world;
  let counter = 0;
  const id = (): string => (++counter).toString(16).padStart(64, "0");
  return {
    store,
    locks: {
      acquire: async (name) => held(name),
      tryAcquire: held,
      forget: () => {},
      sweep: () => {},
    },
    log: createLog("panic", () => {}),
    processes: {
      bootId: "boot",
      identify: () => undefined,
      isAlive: () => world.alive.value,
      kill: () => false,
      sharingMounts: () => [],
    },
    self: { pid: 1, startTime: 1, bootId: "boot" },
    clock: { now: () => NOW },
    uid: 0,
    settings: { cgroup: "/podwright", cgroupControllers: undefined, config: { cgroups: "enabled" } },
    ids: { id, name: () => "name" },
    pods: async () => pods(world),
    containers: async () => containers(world, id),
    images: async () => ({
      pull: async ({ reference }, progress) => {
        await reach(world, `images.pull ${reference}`);
        progress({ kind: "trying", reference });
        return ["e".repeat(64)];
      },
    }),
    imageIsPresent: ({ reference }) => reference === "present",
    volumes: async () => volumes(world),
    addVolume: ({ name = "" }) => {
      call(world, `volumes.create ${name}`);
      store.volumes.add({ ...VOLUME, name });
      return { ...VOLUME, name };
    },
    furnishVolume: ({ name }) => call(world, `volumes.furnish ${name}`),
    networks: async () => networks(world, id),
    secrets: async () => secrets(world, id),
    healed: async () => {},
    generating: () => Promise.reject(new Error("nothing is generated here")),
  };
}

function held(name: string) {
  return { name, release: () => {}, [Symbol.dispose]: () => {} };
}

/** For what is asynchronous: may also never come back, as if the process were killed there. */
async function reach(world: Bare, text: string): Promise<void> {
  call(world, text);
  if (world.hanging.has(text)) await new Promise<never>(() => {});
}

function call(world: Bare, text: string): void {
  world.calls.push(text);
  const error = world.failing.get(text);
  if (error !== undefined) throw error;
}

const VOLUME = {
  name: "",
  driver: "local",
  created: NOW,
  labels: {},
  options: {},
  uid: 0,
  gid: 0,
  anonymous: false,
  needsCopyUp: true,
  needsChown: true,
};

function pods(world: Bare): PodsApi {
  const { store } = world;
  const api: Pick<PodsApi, "create" | "start" | "stop" | "remove"> = {
    create: async (request) => {
      await reach(world, `pods.create ${request.name}`);
      const podId = request.id ?? "";
      store.pods.add(podRecord(podId, { name: request.name ?? "", infraId: "" }), undefined);
      return { id: podId, warnings: [] };
    },
    start: async ({ names: [input = ""] }) => {
      await reach(world, `pods.start ${store.pods.get(input)?.config.name}`);
      return [(await world.starts.get(input)?.()) ?? { input, id: input, memberErrors: [] }];
    },
    stop: async ({ names }) => {
      call(world, `pods.stop ${names.join(" ")}`);
      return names.map((input) => ({ input, id: input, memberErrors: [] }));
    },
    remove: async ({ names }) => {
      const removed = names.map((input) => {
        const { id, name } = store.pods.find(input).config;
        call(world, `pods.remove ${name}`);
        for (const { config } of store.containers.list({ podId: id })) store.containers.remove(config.id);
        store.pods.remove(id);
        return { input, id, memberErrors: [] };
      });
      return removed;
    },
  };
  return api as PodsApi;
}

function containers(world: Bare, id: () => string): ContainersApi {
  const { store } = world;
  const api: Pick<ContainersApi, "create" | "remove" | "logs"> = {
    create: async ({ name = "", pod }) => {
      await reach(world, `containers.create ${name}`);
      const made = id();
      const podId = pod?.kind === "existing" ? pod.nameOrId : "";
      store.containers.add(containerRecord(made, { name, podId }), []);
      return { id: made, warnings: [`${name} warns`] };
    },
    remove: async () => [],
    logs: async function* logs([container = ""]) {
      yield logBatch(container, "its last word");
    },
  };
  return api as ContainersApi;
}

function volumes(world: Bare): VolumesApi {
  const api: Pick<VolumesApi, "remove"> = {
    remove: async (names) =>
      names.map((input): Outcome => {
        call(world, `volumes.remove ${input}`);
        world.store.volumes.remove(input);
        return { input, id: input };
      }),
  };
  return api as VolumesApi;
}

function networks(world: Bare, id: () => string): NetworksApi {
  const api: Pick<NetworksApi, "create" | "remove"> = {
    create: async ({ name = "" }) => {
      await reach(world, `networks.create ${name}`);
      const network = {
        name,
        id: id(),
        driver: "bridge",
        interfaceName: "",
        created: NOW,
        subnets: [],
        ipv6: false,
        internal: false,
        dns: true,
        dnsServers: [],
        labels: {},
        options: {},
        ipamDriver: "host-local",
      };
      world.store.networks.add(network);
      return network;
    },
    remove: async (names) =>
      names.map((input): Outcome => {
        call(world, `networks.remove ${input}`);
        world.store.networks.remove(input);
        return { input, id: input };
      }),
  };
  return api as NetworksApi;
}

function secrets(world: Bare, id: () => string): SecretsApi {
  const find = (name: string) => {
    const found = [...world.secrets.values()].find((secret) => secret.name === name || secret.id === name);
    if (found === undefined) throw new Error(`no secret ${name}`);
    return found;
  };
  return {
    create: async ({ name, data, labels }) => {
      await reach(world, `secrets.create ${name}`);
      const secret = {
        id: id(),
        name,
        labels,
        data,
        driver: "file" as const,
        driverOptions: {},
        created: NOW,
        updated: NOW,
      };
      world.secrets.set(name, secret);
      return secret;
    },
    list: async () => [...world.secrets.values()],
    inspect: async (name) => find(name),
    read: async (name) => find(name).data,
    exists: async (name) => world.secrets.has(name),
    remove: async (names) =>
      names.map((input): Outcome => {
        const { name } = find(input);
        call(world, `secrets.remove ${name}`);
        world.secrets.delete(name);
        return { input, id: input };
      }),
  };
}

/** An object whose places are all line 3, column 5 of play.yaml. */
export function manifestObject(kind: string, name: string): ManifestObject {
  return {
    apiVersion: "v1",
    kind,
    name,
    data: {},
    at: (path, { severity, message }) => ({
      severity,
      source: "play.yaml",
      line: 3,
      column: 5,
      path: `${kind}/${name}: ${path.join(".")}`,
      message,
      excerpt: "",
    }),
  };
}

export function plannedPod(
  name: string,
  containerNames: readonly string[],
  change: Partial<PlannedPod> & { readonly image?: string } = {},
): PlannedPod {
  const id = Buffer.from(name.padEnd(32, " ")).toString("hex");
  const { image = "present", ...rest } = change;
  return {
    object: manifestObject("Pod", name),
    request: { id, name, mounts: [] } as unknown as PodRequest & {
      readonly id: string;
      readonly name: string;
    },
    containers: containerNames.map((container, index) => ({
      request: {
        name: `${name}-${container}`,
        image,
        pull: "missing",
        registry: {},
        mounts: [],
        pod: { kind: "existing", nameOrId: id },
      } as unknown as ContainerRequest,
      path: ["spec", "containers", index],
      images: [],
    })),
    hostPaths: [],
    ...rest,
  };
}

export function playPlan(change: Partial<PlayPlan>): PlayPlan {
  return { networks: [], volumes: [], secrets: [], jobs: [], pods: [], ...change };
}

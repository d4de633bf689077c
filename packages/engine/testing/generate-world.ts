/** Pods and containers made by command lines or by manifests, in a store of the test's, to be written as YAML. */
import { PLAY_REQUEST } from "./kube-plan.ts";
import { statSync } from "node:fs";
import type { ContainerRequest } from "@podwright/spec/engine-api/containers";
import type { GenerateReport, GenerateRequest, PlayRequest } from "@podwright/spec/engine-api/kube";
import type { PodRequest } from "@podwright/spec/engine-api/pods";
import type { ImageRunConfig } from "@podwright/spec/oci-image/types";
import { podCreateFlags, podRequest } from "../src/cli/pod/create-flags.ts";
import { parseCommandLine } from "../src/cli/frame/flag-parser.ts";
import type { FlagValues } from "../src/cli/frame/command.ts";
import { createContainer } from "../src/container/create.ts";
import { resolveUlimits } from "../src/container/config/ulimits.ts";
import { generateKube } from "../src/kube/generate/generate.ts";
import type { PlannedPlay, PlayFacts } from "../src/kube/play-plan.ts";
import { planPlay } from "../src/kube/plan/plan-play.ts";
import { readManifests } from "../src/kube/read/read-manifests.ts";
import { createPod } from "../src/pod/create.ts";
import type { PodContext } from "../src/pod/context.ts";
import type { ContainerConfig } from "../src/ports/container-record.ts";
import type { PodConfig } from "../src/ports/pod-record.ts";
import { createVolume } from "../src/volume/create.ts";
import { type CreateWorld, createWorld } from "./create-world.ts";

export interface Made {
  readonly pod: PodConfig;
  readonly members: readonly ContainerConfig[];
}

export interface GenerateWorld extends Disposable {
  readonly base: CreateWorld;
  /** `podwright pod create LINE`. */
  pod(...line: readonly string[]): Promise<PodConfig>;
  /** `podwright create LINE`. */
  container(...line: readonly string[]): Promise<ContainerConfig>;
  generate(names: readonly string[], change?: Partial<GenerateRequest>): GenerateReport;
  /** Reads and plans, and makes records of what was planned. @throws Error with the diagnostics */
  play(yaml: string, change?: Partial<PlayRequest>): Promise<readonly Made[]>;
  /** The same, but the pods do not remember the manifest, and containers have its names. */
  playAndForget(yaml: string): Promise<readonly Made[]>;
  /** Takes all pods, containers and volumes away. */
  clear(): void;
}

const USERS: Readonly<Record<string, { uid: number; gid: number }>> = {
  root: { uid: 0, gid: 0 },
  www: { uid: 33, gid: 33 },
};

export function generateWorld(image: ImageRunConfig = {}): GenerateWorld {
  const base = createWorld(image);
  const { ctx } = base;
  const absent = (): never => {
    throw new Error("nothing of a host is asked for here");
  };
  const podContext = {
    ...ctx,
    locks: { hold: absent, tryHold: absent },
    processes: {},
    containers: absent,
    host: absent,
  } as unknown as PodContext;
  const addPod = async (request: PodRequest): Promise<PodConfig> => {
    const { id } = await createPod(podContext, request);
    const record = ctx.store.pods.get(id);
    if (record === undefined) throw new Error("the pod is not there");
    return record.config;
  };
  const addContainer = async (request: ContainerRequest): Promise<ContainerConfig> => {
    const { id } = await createContainer(ctx, request, { progress: () => {} });
    return ctx.store.containers.find(id).config;
  };
  const make = async (
    { plan }: PlannedPlay,
    adapt: (request: PodRequest) => PodRequest,
  ): Promise<readonly Made[]> => {
    const volumes = { ...ctx, locks: undefined, removeContainers: absent } as never;
    for (const { request } of plan.volumes) createVolume(volumes, request);
    const made: Made[] = [];
    for (const { request, containers } of plan.pods) {
      const pod = await addPod(adapt(onDefaultNetwork(request)));
      const members: ContainerConfig[] = [];
      for (const container of containers) members.push(await addContainer(container.request));
      made.push({ pod, members });
    }
    return made;
  };
  return {
    base,
    pod: (...line) => addPod(requestOfPod(line)),
    container: async (...line) => (await base.create(...line)).config,
    generate: (names, change = {}) =>
      generateKube(
        {
          settings: ctx.settings,
          store: ctx.store,
          host: {
            defaultUlimits: () => resolveUlimits([], ctx.settings.config.defaultUlimits, ctx.facts),
            mountFlags: () => ({ nosuid: false, nodev: false, noexec: false }),
            hostPathType: (path) => {
              const found = statSync(path, { throwIfNoEntry: false });
              if (found?.isCharacterDevice()) return "CharDevice";
              if (found?.isFile()) return "File";
              return found === undefined ? "DirectoryOrCreate" : "Directory";
            },
            findUser: (_, user) => USERS[user],
          },
        },
        { names, service: false, replicas: 1, podmanOnly: false, noTrunc: false, ...change },
      ),
    play: (yaml, change) => make(planOf(base, yaml, change), (request) => request),
    playAndForget: (yaml) => make(planOf(base, yaml, { noPodPrefix: true }), withoutManifest),
    clear: () => {
      for (const { config } of ctx.store.containers.list()) {
        if (!config.infra) ctx.store.containers.remove(config.id);
      }
      for (const { config } of ctx.store.pods.list()) ctx.store.pods.remove(config.id);
      for (const { name } of ctx.store.volumes.list()) ctx.store.volumes.remove(name);
    },
    [Symbol.dispose]: () => base[Symbol.dispose](),
  };
}

function withoutManifest(request: PodRequest): PodRequest {
  const { played, ...rest } = request;
  return played === undefined ? request : rest;
}

/** The network that playing makes is not there. */
function onDefaultNetwork(request: PodRequest): PodRequest {
  if (request.network?.kind !== "bridge") return request;
  return { ...request, network: { kind: "bridge", attachments: [{ name: "default" }] } };
}

/** What a manifest is planned to become. @throws Error when there is an error among the diagnostics */
export function planOf({ ctx }: CreateWorld, yaml: string, change: Partial<PlayRequest> = {}): PlannedPlay {
  const source = { name: "test.yaml", text: yaml };
  const manifest = readManifests([source], { validate: "strict" });
  const facts: PlayFacts = {
    podExists: (name) => ctx.store.pods.findByName(name) !== undefined,
    containerOwner: (name) => ctx.store.containers.findByName(name)?.config.podId,
    volumeExists: (name) => ctx.store.volumes.get(name) !== undefined,
    networkExists: () => true,
    secret: () => undefined,
    newId: () => ctx.ids.id(),
    hostName: "host",
    uid: 0,
    hostMemory: 2 ** 33,
    hostCpus: 2,
    canLimit: () => true,
  };
  const planned = planPlay(manifest, [], { ...PLAY_REQUEST, sources: [source], ...change }, facts);
  const errors = [...manifest.diagnostics, ...planned.diagnostics].filter(
    ({ severity }) => severity === "error",
  );
  if (errors.length === 0) return planned;
  const told = errors.map(({ line, path, message }) => `${line}: ${path}: ${message}`);
  throw new Error(`${told.join("\n")}\n${yaml}`);
}

function requestOfPod(line: readonly string[]): PodRequest {
  const { values, given, args } = parseCommandLine(line, {
    flags: podCreateFlags,
    commandPath: "podwright pod create",
    stopAtFirstArg: false,
  });
  const flags = values as FlagValues<typeof podCreateFlags>;
  return podRequest({
    flags,
    name: flags.name ?? args[0],
    argv: ["podwright", "pod", "create", ...line],
    given: (flag) => given.has(flag),
  });
}

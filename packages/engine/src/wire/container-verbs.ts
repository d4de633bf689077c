/** The container verbs that change something, with all that they need of the host and of the other nouns. */
import { once } from "../base/once.ts";
import type { ContainersApi } from "@podwright/spec/engine-api/containers";
import { createContainersApi } from "../container/containers-api.ts";
import type { ContainerContext, ContainerNetworks } from "../container/context.ts";
import type { PullRequest } from "@podwright/spec/engine-api/images";
import type { CreateContext, EnsuredImage } from "../container/create-context.ts";
import { healUnfinished } from "../container/heal.ts";
import type { PrepareContext } from "../container/prepare-context.ts";
import { memberNames } from "../container/member-hosts.ts";
import { ProcHostFacts } from "../host/facts/host-facts.ts";
import { treeSize } from "../host/files/tree-size.ts";
import { FlockLocks } from "../host/lock/flock-locks.ts";
import { InRootFiles } from "../host/rootfs/in-root.ts";
import type { SandboxProvider } from "../ports/pod-record.ts";
import type { SandboxNetwork } from "../ports/sandbox-network.ts";
import type { TreeArchiver } from "../ports/tree-archiver.ts";
import { imageEvent } from "../image/image-event.ts";
import { createVolume, ensureVolumeDirectory } from "../volume/create.ts";
import { removeVolume } from "../volume/remove.ts";
import type { Core } from "./core.ts";
import { imageLayers, imageRoot, presentImage } from "./present-image.ts";
import { volumeContext } from "./volumes.ts";
import { sweepLocks } from "./sweep-locks.ts";
import type { Wiring } from "./wiring.ts";
import { throwFirst } from "../base/outcomes.ts";

/** Loaded when the first byte is asked for: no start pays for it. */
async function* lazyTree(
  read: (trees: TreeArchiver) => AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const { TreeTar } = await import("../host/layers/tree-tar.ts");
  yield* read(new TreeTar());
}

export type Views = Pick<ContainersApi, "list" | "inspect">;

export async function wireContainerVerbs(core: Core, wiring: Wiring, views: Views): Promise<ContainersApi> {
  const ctx = await containerContext(core, wiring, views);
  return healingFirst(createContainersApi(ctx), {
    heal: once(() => healUnfinished(ctx)),
    sweep: () => sweepLocks(core),
  });
}

/** What all verbs on containers work with. */
export async function containerContext(core: Core, wiring: Wiring, views: Views): Promise<ContainerContext> {
  await core.ready();
  const network = await wiring.sandboxNetwork();
  const volumes = volumeContext(core, wiring);
  const prepare = await prepareContext(core, wiring, network);
  const sandboxes = await wiring.sandboxes();
  const creation = createContext(core, wiring, { sandboxes, network, views });
  return {
    ...(await wiring.host()),
    settings: core.settings,
    store: core.store,
    locks: core.locks,
    foreground: new FlockLocks(`${core.settings.runRoot}/containers`),
    processes: core.processes,
    clock: core.clock,
    ids: core.ids,
    log: core.log,
    events: core.events,
    supervisor: core.supervisor,
    watchStates: core.watchStates,
    images: {
      ...imageLayers(core),
      commit: async (request, options) => {
        const { wireCommitImage } = await import("./images.ts");
        return wireCommitImage(core, wiring, request, options);
      },
    },
    treeSize,
    trees: {
      changes: (directory, ids) => lazyTree((trees) => trees.changes(directory, ids)),
      whole: (directory, ids) => lazyTree((trees) => trees.whole(directory, ids)),
    },
    journal: async () => {
      const { JournalctlJournal } = await import("../host/journalctl/journalctl.ts");
      return new JournalctlJournal();
    },
    network: containerNetworks(core, network),
    netActions: async () => {
      const program = core.settings.self.slice(0, 1);
      if (core.settings.uid !== 0) {
        // A user's thread that goes into a container's network does not come back.
        const { SpawnedNetActions } = await import("../host/net-action/spawned-net-actions.ts");
        return new SpawnedNetActions(program);
      }
      const { SocketNetActions } = await import("../host/net-action/socket-net-actions.ts");
      return new SocketNetActions(program);
    },
    volumes: { removeAnonymous: (name, leaving) => removeVolume(volumes, name, { except: leaving }) },
    sandboxes,
    // Loaded by who starts something, as creating is by who creates: all other verbs would pay for them.
    buildSpec: async (config, live) => {
      const { prepareSpec } = await import("../container/prepare-spec.ts");
      return prepareSpec(prepare, config, live);
    },
    buildExecProcess: async (request) => {
      const { prepareExecProcess } = await import("../container/prepare-exec.ts");
      return prepareExecProcess(prepare, request);
    },
    views: {
      ...views,
      clone: async (nameOrId, request, progress, signal) => {
        const { cloneContainer } = await import("../container/clone.ts");
        const containers = await wiring.containers();
        return cloneContainer({ ...creation, containers }, nameOrId, {
          ...request,
          progress,
          ...(signal === undefined ? {} : { signal }),
        });
      },
      create: async (request, progress, signal) => {
        const options = { progress, ...(signal === undefined ? {} : { signal }) };
        const { createContainer } = await import("../container/create.ts");
        const { createInNewPod } = await import("../run/create-in-new-pod.ts");
        return createInNewPod(await wiring.pods(), request, (resolved) =>
          createContainer(creation, resolved, options),
        );
      },
    },
  };
}

/** What changes something first finishes what killed commands left. The exit command does its own work alone. */
function healingFirst(
  api: ContainersApi,
  { heal, sweep }: { readonly heal: () => Promise<void>; readonly sweep: () => void },
): ContainersApi {
  const healed =
    <A extends readonly unknown[], R>(verb: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      await heal();
      return verb(...args);
    };
  return {
    ...api,
    create: healed(api.create),
    start: healed(api.start),
    startAttached: healed(api.startAttached),
    stop: healed(api.stop),
    restart: healed(api.restart),
    kill: healed(api.kill),
    pause: healed(api.pause),
    unpause: healed(api.unpause),
    update: healed(api.update),
    clone: healed(api.clone),
    prune: async (...args) => {
      sweep();
      await heal();
      return api.prune(...args);
    },
    remove: async (...args) => {
      sweep();
      await heal();
      return api.remove(...args);
    },
  };
}

/** What a start, and whoever goes into volumes before one, prepares them with. */
export async function prepareContext(
  core: Core,
  wiring: Wiring,
  network: SandboxNetwork,
): Promise<PrepareContext> {
  const { settings, store, locks } = core;
  const { mounts } = await wiring.host();
  return {
    settings,
    store,
    locks,
    files: new InRootFiles(),
    facts: new ProcHostFacts(),
    mounts,
    network,
    layers: imageLayers(core),
    volumeDirectory: (record) => ensureVolumeDirectory({ settings }, record),
  };
}

interface CreateParts {
  readonly sandboxes: SandboxProvider;
  readonly network: SandboxNetwork;
  readonly views: Views;
}

function createContext(
  core: Core,
  wiring: Wiring,
  { sandboxes, network, views }: CreateParts,
): CreateContext {
  const volumes = volumeContext(core, wiring);
  return {
    settings: core.settings,
    store: core.store,
    ids: core.ids,
    clock: core.clock,
    log: core.log,
    events: core.events,
    eventDetails: async (id) =>
      core.settings.config.eventsInspectData
        ? { inspectData: JSON.stringify(await views.inspect(id, { size: true })) }
        : {},
    facts: new ProcHostFacts(),
    self: core.self,
    env: core.env,
    userns: async () => {
      const { usernsHost } = await import("./userns.ts");
      return usernsHost(core);
    },
    sandboxes,
    ensureImage: async (request, progress, signal) => {
      const present = presentImage(core, request) ?? (await findElsewhere(core, request));
      if (present !== undefined) {
        // As Podman, which asks for a pull here and tells of it whether anything was to be done.
        core.events.write(imageEvent("pull", present.record.id, request.reference));
        return present;
      }
      const { wireEnsureImage } = await import("./images.ts");
      return wireEnsureImage(core, wiring, request, { progress, signal });
    },
    imageRoot: (image) => imageRoot(core, image),
    choosePorts: (ports) => network.choosePorts(ports),
    readSecret: async (nameOrId) => {
      const { secretContext } = await import("./secrets.ts");
      const { readSecret } = await import("../secret/read.ts");
      return readSecret(secretContext(core), nameOrId);
    },
    createVolume: (request) => createVolume(volumes, request),
    removeUnusedVolume: async (name, failed) => {
      const others = core.store.containers.usingVolume(name).filter((id) => id !== failed);
      if (others.length === 0) await removeVolume(volumes, name, { except: failed });
    },
    removeContainer: async (id) => {
      const containers = await wiring.containers();
      const options = { force: true, ignore: true, volumes: true, depend: true };
      throwFirst(await containers.remove({ names: [id], all: false }, options));
    },
  };
}

/** By a name that is not the full one: its code is loaded by those that use one. */
async function findElsewhere(core: Core, request: PullRequest): Promise<EnsuredImage | undefined> {
  const { findPresentImage } = await import("./find-present-image.ts");
  return findPresentImage(core, request);
}

function containerNetworks({ store }: Core, network: SandboxNetwork): ContainerNetworks {
  return {
    reserve: (config, netnsPath) => {
      const { mode, ports } = config.network;
      const asked = mode.kind === "bridge" ? mode.attachments : [];
      return network.reserve({
        owner: config.id,
        ownerName: config.name,
        netnsPath,
        attachments: store.containers.get(config.id)?.state.attachments ?? asked,
        ...(mode.kind === "pasta" ? { pasta: mode.options } : {}),
        ports,
      });
    },
    holdPorts: (request) => network.holdPorts(request),
    changing: network,
    dropNames: async (config) => {
      const { podId } = config;
      const pod = store.pods.get(podId);
      // With the pod all of its names go.
      if (pod === undefined || pod.phase === "removing") return;
      await network.dropNames(
        { owner: podId, names: memberNames(config) },
        pod.state.sandbox?.interfaces ?? [],
      );
    },
    detach: (config) => {
      const record = store.containers.get(config.id);
      // Who was changing its ports was killed: whatever leads to it goes.
      const run = record?.state.updating === undefined ? record?.state.run : undefined;
      return network.detach(config.id, { interfaces: run?.interfaces ?? [], ports: run?.ports ?? [] });
    },
  };
}

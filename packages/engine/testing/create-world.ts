/** A world in which command lines of `create` become containers: a real store in a temporary directory, a made-up image. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { ContainerRequest } from "@podwright/spec/engine-api/containers";
import type { ImageRunConfig } from "@podwright/spec/oci-image/types";
import { createFlags, requestFromFlags } from "../src/cli/container/create-flags.ts";
import type { FlagValues } from "../src/cli/frame/command.ts";
import { parseCommandLine } from "../src/cli/frame/flag-parser.ts";
import { createLog } from "../src/base/log.ts";
import { resolveSettings } from "../src/config/settings.ts";
import { createContainer } from "../src/container/create.ts";
import type { CreateContext } from "../src/container/create-context.ts";
import { ProcHostFacts } from "../src/host/facts/host-facts.ts";
import { RandomIds } from "../src/host/ids/random-ids.ts";
import type { ContainerConfig } from "../src/ports/container-record.ts";
import type { ImageRecord } from "../src/ports/image-record.ts";
import type { VolumeRecord } from "../src/ports/volume-record.ts";
import { RecordedEvents } from "./quiet.ts";
import { SqliteStore } from "../src/state/sqlite-store.ts";

export const IMAGE_ID = "e".repeat(64);

/** What `podwright create <line>` asks for; the host's environment is `env`. */
export function requestOf(
  line: readonly string[],
  env: Readonly<Record<string, string>> = {},
): ContainerRequest {
  const { values, given, args } = parseCommandLine(line, {
    flags: createFlags,
    commandPath: "podwright create",
    stopAtFirstArg: true,
  });
  return requestFromFlags({
    flags: values as FlagValues<typeof createFlags>,
    given: (flag) => given.has(flag),
    args,
    argv: ["podwright", "create", ...line],
    env,
    log: createLog("error", () => {}),
  });
}

export interface CreateWorld extends Disposable {
  readonly ctx: CreateContext;
  readonly directory: string;
  /** Volumes that stand, by name. */
  readonly volumes: readonly string[];
  /** @throws what `create` throws */
  create(...line: readonly string[]): Promise<{ config: ContainerConfig; warnings: readonly string[] }>;
}

export function createWorld(image: ImageRunConfig = {}, change: Partial<CreateContext> = {}): CreateWorld {
  const directory = mkdtempSync(`${tmpdir()}/podwright-create-`);
  const settings = resolveSettings({
    root: `${directory}/root`,
    runRoot: `${directory}/run`,
    env: { CONTAINERS_CONF: "/nonexistent" },
    uid: 0,
    program: ["podwright"],
  });
  const store = SqliteStore.open(settings.root);
  const record = imageRecord(image);
  store.images.put(record);
  const clock = { now: () => 1_790_000_000_000 };
  const ctx: CreateContext = {
    settings,
    store,
    ids: new RandomIds(),
    clock,
    log: createLog("error", () => {}),
    events: new RecordedEvents(),
    eventDetails: async () => ({}),
    facts: new ProcHostFacts(),
    self: { pid: process.pid, startTime: 1, bootId: "boot" },
    env: {},
    userns: () => Promise.reject(new Error("no user namespaces here")),
    sandboxes: { forCreate: async (name) => ({ config: store.pods.find(name).config }) },
    ensureImage: async () => ({ record, name: record.names[0] ?? "" }),
    imageRoot: () => undefined,
    choosePorts: async (ports) => ports,
    readSecret: async (nameOrId) => {
      throw new EngineError("SECRET_NOT_FOUND", `no secret with name or id "${nameOrId}": no such secret`);
    },
    createVolume: (request) => {
      const volume: VolumeRecord = {
        name: request.name ?? "",
        driver: "local",
        created: clock.now(),
        labels: {},
        options: {},
        uid: 0,
        gid: 0,
        anonymous: request.anonymous === true,
        needsCopyUp: true,
        needsChown: true,
      };
      store.volumes.add(volume);
      return volume;
    },
    removeUnusedVolume: (name) => store.volumes.remove(name),
    removeContainer: async (id) => store.containers.remove(id),
    ...change,
  };
  return {
    ctx,
    directory,
    get volumes() {
      return store.volumes.list().map((volume) => volume.name);
    },
    async create(...line) {
      const { id, warnings } = await createContainer(ctx, requestOf(line), { progress: () => {} });
      return { config: store.containers.find(id).config, warnings };
    },
    [Symbol.dispose]: () => {
      store.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function imageRecord(config: ImageRunConfig): ImageRecord {
  return {
    id: IMAGE_ID,
    digest: `sha256:${"d".repeat(64)}`,
    manifestType: "application/vnd.oci.image.manifest.v1+json",
    config: {
      architecture: "amd64",
      os: "linux",
      config: { Cmd: ["/bin/sh"], ...config },
      rootfs: { type: "layers", diff_ids: [] },
    },
    layers: [],
    names: ["docker.io/library/busybox:latest"],
    namesHistory: [],
    repoDigests: [],
    stored: 0,
    size: 0,
    annotations: {},
  };
}

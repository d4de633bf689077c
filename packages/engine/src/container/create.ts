/** `create`: pulls the image, resolves the request into a ContainerConfig, and makes what must exist before a start. */
import type { ContainerRequest } from "@podwright/spec/engine-api/containers";
import type { PullProgress } from "@podwright/spec/engine-api/images";
import { EngineError, isEngineError } from "@podwright/spec/errors/engine-error";
import type { IdMappings } from "@podwright/spec/values/id-map";
import { chmodSync, chownSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { expandGlob } from "../base/glob.ts";
import { applyPlan, type Step } from "../base/plan.ts";
import type { ContainerConfig, ContainerMount } from "../ports/container-record.ts";
import type { ImageRecord } from "../ports/image-record.ts";
import type { PodConfig } from "../ports/pod-record.ts";
import { buildConfig } from "./config/build.ts";
import { containerEvent } from "./container-event.ts";
import type { CreateContext, EnsuredImage, RootOwner } from "./create-context.ts";
import { wantedUserns } from "./default-userns.ts";
import type { ChosenUserns } from "./userns/choose-userns.ts";
import { requireNamespacePaths } from "./namespace-paths.ts";
import { type ContainerPlaces, placesOf } from "./places.ts";

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;

export interface CreateOptions {
  readonly progress: (event: PullProgress) => void;
  readonly signal?: AbortSignal;
}

/**
 * Nothing is left of a creation that fails or is interrupted; one that is killed leaves a row in the phase
 * `creating`, which the next command tears down.
 * @throws CONTAINER_NAME_IN_USE, CONTAINER_INVALID, POD_NOT_FOUND, POD_MEMBER_CONFLICT, IMAGE_NOT_KNOWN, …
 */
export async function createContainer(
  ctx: CreateContext,
  asked: ContainerRequest,
  { progress, signal }: CreateOptions,
): Promise<{ id: string; warnings: string[] }> {
  const request = withPlainName(asked);
  const pod = await joinedPod(ctx, request);
  const pull = {
    ...request.registry,
    reference: request.image,
    policy: request.pull,
    ...(request.platform === undefined ? {} : { platform: request.platform }),
  };
  const image = await ctx.ensureImage(pull, progress, signal);
  signal?.throwIfAborted();
  const mountedImages = await ensureMountedImages(ctx, request, { progress, ...(signal ? { signal } : {}) });
  const secrets = await secretsOf(ctx, request);
  if (request.replace) await replaceExisting(ctx, request.name);
  const userns = await usernsOf(ctx, request, { pod, imageId: image.record.id });
  const warnings: string[] = [];
  for (let attempt = 0; ; attempt++) {
    const resolved = resolve(ctx, { request, image, mountedImages, pod, userns, attempt, warnings });
    const config = { ...(await withPorts(ctx, resolved)), ...secrets?.config };
    requireNamespacePaths(config);
    try {
      await makeContainer(ctx, config, {
        image: image.record,
        keepSecrets: secrets?.keep,
        startsNow: request.startsNow === true,
        ...(userns?.allot === undefined ? {} : { allotIds: userns.allot }),
        signal,
      });
      return { id: config.id, warnings };
    } catch (error) {
      // Somebody else drew the same random name in between: draw again.
      if (request.name !== undefined || !isEngineError(error, "CONTAINER_NAME_IN_USE")) throw error;
      warnings.length = 0;
    }
  }
}

/** A leading slash is Docker's way to write a name. */
function withPlainName(request: ContainerRequest): ContainerRequest {
  if (request.name === undefined) {
    if (request.replace) throw invalid("cannot replace container without --name being set");
    return request;
  }
  const name = request.name.replace(/^\//, "");
  if (NAME.test(name)) return { ...request, name };
  throw invalid(
    "running container create option: names must match [a-zA-Z0-9][a-zA-Z0-9_.-]*: invalid argument",
  );
}

/** Pulled by the same policy as the container's own image. */
async function ensureMountedImages(
  ctx: CreateContext,
  { mounts, registry, pull }: ContainerRequest,
  { progress, signal }: CreateOptions,
): Promise<ReadonlyMap<string, string>> {
  const ids = new Map<string, string>();
  for (const { kind, source } of mounts) {
    if (kind !== "image") continue;
    const image = await ctx.ensureImage({ ...registry, reference: source, policy: pull }, progress, signal);
    ids.set(source, image.record.id);
  }
  return ids;
}

interface TakenSecrets {
  readonly config: Pick<ContainerConfig, "secrets">;
  readonly keep: (id: string) => void;
}

/** Loaded by those that ask for it. @throws SECRET_NOT_FOUND, SECRET_INVALID, CONTAINER_INVALID */
async function secretsOf(
  ctx: CreateContext,
  { secrets }: ContainerRequest,
): Promise<TakenSecrets | undefined> {
  if (secrets === undefined || secrets.length === 0) return undefined;
  const { keepCopies, takeSecrets } = await import("./secrets.ts");
  const taken = await takeSecrets(secrets, ctx.readSecret);
  return {
    config: { secrets: taken.map(({ secret }) => secret) },
    keep: (id) => keepCopies(ctx.settings, id, taken),
  };
}

/** Its code is loaded by those that ask for a user namespace, here or in the configuration. */
async function usernsOf(
  ctx: CreateContext,
  { userns }: ContainerRequest,
  { pod, imageId }: { readonly pod: PodConfig | undefined; readonly imageId: string },
): Promise<ChosenUserns | undefined> {
  if (pod !== undefined) {
    if (pod.idMappings === undefined && userns === undefined) return undefined;
    const { memberUserns } = await import("./userns/choose-userns.ts");
    return memberUserns(userns, pod);
  }
  const request = wantedUserns(userns, ctx);
  if (request === undefined) return undefined;
  const { chooseUserns } = await import("./userns/choose-userns.ts");
  const host = await ctx.userns();
  return chooseUserns({ host, store: ctx.store, needed: () => host.highestId(imageId) + 1 }, request);
}

async function joinedPod(ctx: CreateContext, { pod }: ContainerRequest): Promise<PodConfig | undefined> {
  if (pod === undefined) return undefined;
  if (pod.kind === "new") {
    throw invalid(`pod ${pod.name} must be created before the containers that join it`);
  }
  return (await ctx.sandboxes.forCreate(pod.nameOrId)).config;
}

async function replaceExisting(ctx: CreateContext, name: string | undefined): Promise<void> {
  const existing = name === undefined ? undefined : ctx.store.containers.findByName(name);
  if (existing !== undefined) await ctx.removeContainer(existing.config.id);
}

interface Resolution {
  readonly request: ContainerRequest;
  readonly image: EnsuredImage;
  readonly mountedImages: ReadonlyMap<string, string>;
  readonly pod: PodConfig | undefined;
  readonly userns: ChosenUserns | undefined;
  readonly attempt: number;
  readonly warnings: string[];
}

function resolve(
  ctx: CreateContext,
  { request, image, mountedImages, pod, userns, attempt, warnings }: Resolution,
): ContainerConfig {
  return buildConfig({
    id: ctx.ids.id(),
    name: request.name ?? freeName(ctx, attempt),
    created: creationTime(ctx, pod),
    request,
    image: image.record,
    imageName: image.name,
    mountedImages,
    settings: ctx.settings,
    facts: ctx.facts,
    env: ctx.env,
    ...(pod === undefined ? {} : { pod }),
    ...(userns === undefined ? {} : { userns }),
    networks: ctx.store.networks,
    findContainer: (nameOrId) => ctx.store.containers.find(nameOrId),
    newVolumeName: () => ctx.ids.id(),
    findProgram: firstPresent,
    glob: expandGlob,
    warn: (text) => warnings.push(text),
  });
}

/** Members stand in order of creation, and init containers run in it: two within a millisecond are told apart. */
function creationTime(ctx: CreateContext, pod: PodConfig | undefined): number {
  const now = ctx.clock.now();
  if (pod === undefined) return now;
  const members = ctx.store.containers.list({ podId: pod.id, includeCreating: true });
  return members.reduce((latest, { config }) => Math.max(latest, config.created + 1), now);
}

async function withPorts(ctx: CreateContext, config: ContainerConfig): Promise<ContainerConfig> {
  if (config.network.ports.every(({ hostPort }) => hostPort !== 0)) return config;
  const ports = await ctx.choosePorts(config.network.ports);
  return { ...config, network: { ...config.network, ports } };
}

function firstPresent(paths: readonly string[]): string | undefined {
  return paths.find((path) => existsSync(path));
}

function freeName(ctx: CreateContext, firstAttempt: number): string {
  for (let attempt = firstAttempt; ; attempt++) {
    const name = ctx.ids.name(attempt);
    if (ctx.store.containers.findByName(name) === undefined) return name;
  }
}

export interface Creation {
  readonly image: ImageRecord;
  /** Puts copies of the config's secrets into the store's directory of the container. */
  readonly keepSecrets: ((id: string) => void) | undefined;
  readonly startsNow: boolean;
  /** Ids of its own, that nobody else has at the moment that it is noted. */
  readonly allotIds?: () => IdMappings;
  readonly signal?: AbortSignal | undefined;
}

/** What is resolved becomes a container, or nothing is left. @throws CONTAINER_NAME_IN_USE */
export async function makeContainer(
  ctx: CreateContext,
  config: ContainerConfig,
  creation: Creation,
): Promise<void> {
  const { signal } = creation;
  await applyPlan(creationSteps(ctx, config, creation), {
    title: `create container ${config.name}`,
    log: ctx.log,
    ...(signal === undefined ? {} : { signal }),
  });
  ctx.events.write(containerEvent(config, "create", await ctx.eventDetails(config.id)));
}

function creationSteps(
  ctx: CreateContext,
  config: ContainerConfig,
  { image, keepSecrets, startsNow, allotIds }: Creation,
): Step[] {
  const places = placesOf(ctx.settings, config);
  const volumes = config.mounts.filter((mount) => mount.kind === "volume");
  return [
    {
      name: "note what was asked for",
      apply: () => addRow(ctx, config, { volumes, allotIds }),
      undo: () => ctx.store.containers.remove(config.id),
    },
    {
      name: `make ${places.store}`,
      apply: async () => {
        makeDirectories(places, await rootOnDisk(ctx, config, ctx.imageRoot(image)));
        keepSecrets?.(config.id);
      },
      undo: () => rmSync(places.store, { recursive: true, force: true }),
      undoPartial: true,
    },
    ...volumes.map((mount) => volumeStep(ctx, mount, config.id)),
    ...(config.cidFile === "" ? [] : [idFileStep(config.cidFile, config.id)]),
    // Its start, which follows at once, makes it ready; if that never comes it is the next command's to remove.
    ...(startsNow
      ? []
      : [{ name: "mark it ready", apply: () => ctx.store.containers.setPhase(config.id, "ready") }]),
  ];
}

/** The merged root shows owner and mode of the upper directory: they are the image's. */
function makeDirectories({ store, upper, work }: ContainerPlaces, root: RootOwner | undefined): void {
  // The owner alone: an image's set-uid programs must not be within reach of the host's users.
  mkdirSync(store, { recursive: true, mode: 0o700 });
  for (const path of [upper, work]) mkdirSync(path, { recursive: true });
  if (root === undefined) return;
  chownSync(upper, root.uid, root.gid);
  chmodSync(upper, root.mode & 0o7777);
}

/** A map of its own may be known only since the row was noted. */
async function rootOnDisk(
  ctx: CreateContext,
  { id, namespaces }: ContainerConfig,
  root: RootOwner | undefined,
): Promise<RootOwner | undefined> {
  if (root === undefined || ctx.settings.uid === 0 || namespaces.user.kind === "host") return root;
  const mapped = await import("./userns/ids-on-disk.ts");
  return mapped.rootOnDisk(ctx.settings, ctx.store.containers.get(id)?.config ?? {}, root);
}

interface Row {
  readonly volumes: readonly ContainerMount[];
  readonly allotIds: Creation["allotIds"];
}

function addRow(ctx: CreateContext, resolved: ContainerConfig, { volumes, allotIds }: Row): void {
  const names = [...new Set(volumes.map((mount) => mount.source))];
  ctx.store.transaction(() => {
    const config = allotIds === undefined ? resolved : { ...resolved, idMappings: allotIds() };
    ctx.store.containers.add(
      { phase: "creating", owner: ctx.self, config, state: { restarts: 0, error: "" } },
      names,
    );
    // The image may have been removed since it was looked up; from here on the row holds it.
    if (ctx.store.images.get(config.image.id) === undefined) {
      throw new EngineError("IMAGE_NOT_KNOWN", `${config.image.rawName}: image not known`);
    }
  });
}

/** A named volume that is there is used; one that is made here goes again when a later step fails. */
function volumeStep(ctx: CreateContext, mount: ContainerMount, containerId: string): Step {
  const name = mount.source;
  let made = false;
  return {
    name: `create volume ${name}`,
    apply: () => {
      if (ctx.store.volumes.get(name) !== undefined) return;
      ctx.createVolume({ name, labels: {}, options: {}, anonymous: mount.anonymous, ignore: true });
      made = true;
    },
    undo: () => (made ? ctx.removeUnusedVolume(name, containerId) : undefined),
  };
}

function idFileStep(path: string, id: string): Step {
  return {
    name: `write ${path}`,
    apply: () => {
      try {
        // What stood there is overwritten: so does Podman 5.
        writeFileSync(path, id);
      } catch (cause) {
        const reason = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
        throw new EngineError("CONTAINER_INVALID", `creating idfile: open ${path}: ${reason}`, { cause });
      }
    },
    undo: () => rmSync(path, { force: true }),
  };
}

function invalid(message: string): EngineError {
  return new EngineError("CONTAINER_INVALID", message);
}

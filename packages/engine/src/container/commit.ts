/** `commit`: an image of what a container has changed. */
import type { CommitRequest } from "@podwright/spec/engine-api/container-copies";
import type { PullProgress } from "@podwright/spec/engine-api/images";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { ContainerRecord } from "../ports/container-record.ts";
import { committedConfig } from "./commit-config.ts";
import { containerEvent } from "./container-event.ts";
import type { ContainerContext } from "./context.ts";
import { statusOf } from "./facts.ts";
import { healContainer } from "./heal.ts";
import { mountedRoot } from "./mounted-root.ts";
import { placesOf } from "./places.ts";
import { runtimeOf } from "./runtime-of.ts";
import { namedContainer } from "./select.ts";
import { idsOnDisk } from "./userns/ids-on-disk.ts";

export interface CommitOptions {
  readonly progress: (event: PullProgress) => void;
  readonly signal?: AbortSignal;
}

/** Gives the new image's id. @throws CONTAINER_NOT_FOUND, CLI_USAGE, IMAGE_REFERENCE_INVALID */
export async function commitContainer(
  ctx: ContainerContext,
  nameOrId: string,
  request: CommitRequest,
  options: CommitOptions,
): Promise<string> {
  if (request.message !== undefined && request.message !== "" && request.format !== "docker") {
    throw new EngineError(
      "CLI_USAGE",
      "messages are only compatible with the docker image format (-f docker)",
    );
  }
  const { config } = namedContainer(ctx, nameOrId);
  if (config.infra)
    throw new EngineError(
      "CONTAINER_INVALID",
      `container ${config.id} is an infra container: it has no image`,
    );
  const base = ctx.store.images.get(config.image.id);
  const run = committedConfig(base?.config.config, config, request);
  // Held while the files are read: nobody removes or starts the container meanwhile.
  using _lock = await ctx.locks.acquire(`container-${config.id}`);
  const record = await healContainer(ctx, config.id);
  const commit = (): Promise<string> => commitFiles(ctx, record, { request, run, options });
  const pauses = request.pause && statusOf(ctx, record) === "running";
  const image = pauses ? await runtimeOf(ctx, record).pausedWhile(config.id, commit) : await commit();
  ctx.events.write(containerEvent(config, "commit"));
  return image;
}

interface Parts {
  readonly request: CommitRequest;
  readonly run: ReturnType<typeof committedConfig>;
  readonly options: CommitOptions;
}

async function commitFiles(ctx: ContainerContext, record: ContainerRecord, parts: Parts): Promise<string> {
  const { request, run, options } = parts;
  const { upper } = placesOf(ctx.settings, record.config);
  const { ids } = idsOnDisk(ctx.settings, record.config);
  const { image, author, message, format } = request;
  const layer = request.squash ? "whole" : "changes";
  await using root = request.squash ? await mountedRoot(ctx, record) : undefined;
  return await ctx.images.commit(
    {
      imageId: record.config.image.id,
      layer,
      chunks: () =>
        root === undefined ? ctx.trees.changes(upper, ids) : ctx.trees.whole(root.path, root.ids),
      run,
      format,
      ...(image === undefined ? {} : { name: image }),
      ...(author === undefined || author === "" ? {} : { author }),
      ...(message === undefined || message === "" ? {} : { message }),
    },
    options,
  );
}

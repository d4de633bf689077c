/** `volume create`: a row and a directory, the directory first made when missing at every use. */
import type { VolumeRequest } from "@podwright/spec/engine-api/volumes";
import { EngineError, isEngineError } from "@podwright/spec/errors/engine-error";
import { chmodSync, chownSync, mkdirSync } from "node:fs";
import type { VolumeRecord } from "../ports/volume-record.ts";
import { type VolumeContext, volumePath } from "./context.ts";
import { volumeEvent } from "./volume-event.ts";

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;

/** Synchronous, so that `run` may call it amid its own steps. @throws VOLUME_NAME_IN_USE, VOLUME_INVALID */
export function createVolume(ctx: VolumeContext, request: VolumeRequest): VolumeRecord {
  try {
    const record = addVolume(ctx, request);
    furnishVolume(ctx, record);
    return record;
  } catch (error) {
    if (request.ignore !== true || !isEngineError(error, "VOLUME_NAME_IN_USE")) throw error;
    return ctx.store.volumes.find(request.name ?? "");
  }
}

/** The row alone, for a transaction: what is on the disk would stay when that is not committed. @throws as createVolume */
export function addVolume(ctx: VolumeContext, request: VolumeRequest): VolumeRecord {
  const record = toRecord(ctx, request);
  ctx.store.volumes.add(record);
  return record;
}

/** The rest, once the row is there. */
export function furnishVolume(ctx: VolumeContext, record: VolumeRecord): void {
  ensureVolumeDirectory(ctx, record);
  ctx.events.write(volumeEvent(record.name, "create"));
}

/** Makes the directory if a killed command left a row without one. */
export function ensureVolumeDirectory(ctx: Pick<VolumeContext, "settings">, record: VolumeRecord): string {
  const path = volumePath(ctx.settings, record.name);
  const made = mkdirSync(path, { recursive: true, mode: 0o755 });
  if (made !== undefined) {
    chmodSync(path, 0o755);
    if (record.uid !== 0 || record.gid !== 0) chownSync(path, record.uid, record.gid);
  }
  return path;
}

function toRecord(ctx: VolumeContext, request: VolumeRequest): VolumeRecord {
  const name = request.name ?? ctx.ids.id();
  if (!NAME.test(name)) {
    throw new EngineError(
      "VOLUME_INVALID",
      `running volume create option: names must match [a-zA-Z0-9][a-zA-Z0-9_.-]*: invalid argument`,
      { details: { name } },
    );
  }
  const driver = request.driver ?? "local";
  if (driver !== "local") {
    throw new EngineError("NOT_IMPLEMENTED", `volume driver "${driver}" is not supported: only "local" is`);
  }
  const owner = ownerOf(request);
  return {
    name,
    driver,
    created: ctx.clock.now(),
    labels: request.labels,
    options: request.options,
    uid: owner.uid,
    gid: owner.gid,
    anonymous: request.anonymous === true,
    needsCopyUp: true,
    needsChown: !owner.given,
  };
}

/** `-o o=uid=1000,gid=1000`, or `--uid`, `--gid`. Options that would mount something are refused by name. */
function ownerOf(request: VolumeRequest): { uid: number; gid: number; given: boolean } {
  let uid = request.uid;
  let gid = request.gid;
  for (const [key, value] of Object.entries(request.options)) {
    if (key !== "o") throw refused(key);
    for (const option of value.split(",")) {
      const [name, text] = option.split("=", 2);
      const id = Number(text);
      if ((name !== "uid" && name !== "gid") || !Number.isInteger(id) || id < 0) throw refused(`o=${option}`);
      if (name === "uid") uid = id;
      else gid = id;
    }
  }
  return { uid: uid ?? 0, gid: gid ?? 0, given: uid !== undefined || gid !== undefined };
}

function refused(option: string): EngineError {
  return new EngineError(
    "NOT_IMPLEMENTED",
    `volume option "${option}" is not supported by driver "local" yet`,
    {
      hint: "uid= and gid= are; for other directories use a bind mount",
    },
  );
}

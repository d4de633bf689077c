/** VolumesApi over the store. */
import type { Filters, Outcome } from "@podwright/spec/engine-api/common";
import type { VolumeInfo, VolumeRequest, VolumesApi } from "@podwright/spec/engine-api/volumes";
import type { VolumeRecord } from "../ports/volume-record.ts";
import { type VolumeContext, volumePath } from "./context.ts";
import { createVolume } from "./create.ts";
import { matchesFilters } from "./filters.ts";
import { pruneVolumes, removeVolumes, type RemoveVolumesOptions } from "./remove.ts";

export function volumesApi(ctx: VolumeContext): VolumesApi {
  const { volumes } = ctx.store;
  return {
    async create(request: VolumeRequest): Promise<VolumeInfo> {
      return toInfo(ctx, createVolume(ctx, request));
    },
    async list(filters: Filters): Promise<VolumeInfo[]> {
      return volumes
        .list()
        .filter(matchesFilters(ctx, filters))
        .map((volume) => toInfo(ctx, volume));
    },
    async inspect(name: string): Promise<VolumeInfo> {
      return toInfo(ctx, volumes.find(name));
    },
    async exists(name: string): Promise<boolean> {
      return volumes.get(name) !== undefined;
    },
    export: async (name, sink, signal) =>
      (await import("./export.ts")).exportVolume(ctx, name, {
        sink,
        ...(signal === undefined ? {} : { signal }),
      }),
    import: async (name, archive, signal) =>
      (await import("./import.ts")).importVolume(ctx, name, {
        archive,
        ...(signal === undefined ? {} : { signal }),
      }),
    remove(names: readonly string[], options: RemoveVolumesOptions): Promise<Outcome[]> {
      return removeVolumes(ctx, names, options);
    },
    prune(filters: Filters, options: { readonly all: boolean }): Promise<Outcome[]> {
      return pruneVolumes(ctx, filters, options);
    },
  };
}

function toInfo(ctx: VolumeContext, volume: VolumeRecord): VolumeInfo {
  return {
    ...volume,
    mountpoint: volumePath(ctx.settings, volume.name),
    mountCount: ctx.store.containers.usingVolume(volume.name).length,
  };
}

/** The rows of `system df`. */
import type { ContainerUsage, ImageUsage, VolumeUsage } from "@podwright/spec/engine-api/system";
import { humanDuration, humanSize } from "../print/human.ts";
import type { RowSpec } from "../print/rows.ts";

export interface Summary {
  readonly type: string;
  readonly total: number;
  readonly active: number;
  /** Bytes. */
  readonly size: number;
  readonly reclaimable: number;
}

const size = (bytes: number): string => humanSize(bytes, "", 4);

function reclaimable({ size: whole, reclaimable: free }: Summary): string {
  const percent = whole > 0 ? Math.round((free / whole) * 100) : 0;
  return `${size(free)} (${percent}%)`;
}

export function summaryJson(row: Summary): object {
  return {
    Type: row.type,
    Total: row.total,
    Active: row.active,
    RawSize: row.size,
    RawReclaimable: row.reclaimable,
    TotalCount: row.total,
    Size: size(row.size),
    Reclaimable: reclaimable(row),
  };
}

export const summaryRows: RowSpec<Summary> = {
  fields: {
    Type: (row) => row.type,
    Total: (row) => row.total,
    Active: (row) => row.active,
    RawSize: (row) => row.size,
    RawReclaimable: (row) => row.reclaimable,
    Size: (row) => size(row.size),
    Reclaimable: reclaimable,
  },
  headers: {},
  json: summaryJson,
  jsonIndent: 4,
};

export function imageRows(now: number): RowSpec<ImageUsage> {
  return {
    fields: {
      Repository: (row) => row.repository,
      Tag: (row) => row.tag,
      ImageID: (row) => row.id.slice(0, 12),
      Created: (row) => humanDuration(now - row.created),
      Size: (row) => size(row.size),
      SharedSize: (row) => size(row.sharedSize),
      UniqueSize: (row) => size(row.uniqueSize),
      Containers: (row) => row.containers,
    },
    headers: { ImageID: "IMAGE ID", SharedSize: "SHARED SIZE", UniqueSize: "UNIQUE SIZE" },
    json: (row) => row,
    jsonIndent: 4,
  };
}

export function containerRows(now: number): RowSpec<ContainerUsage> {
  return {
    fields: {
      ContainerID: (row) => row.id.slice(0, 12),
      Image: (row) => row.imageId.slice(0, 12),
      Command: (row) => row.command.join(" "),
      LocalVolumes: (row) => row.localVolumes,
      RWSize: (row) => size(row.rwSize),
      Created: (row) => humanDuration(now - row.created),
      Status: (row) => row.status,
      Names: (row) => row.name,
    },
    headers: { ContainerID: "CONTAINER ID", LocalVolumes: "LOCAL VOLUMES", RWSize: "SIZE" },
    json: (row) => row,
    jsonIndent: 4,
  };
}

export const volumeRows: RowSpec<VolumeUsage> = {
  fields: {
    VolumeName: (row) => row.name,
    Links: (row) => row.links,
    Size: (row) => size(row.size),
  },
  headers: { VolumeName: "VOLUME NAME" },
  json: (row) => row,
  jsonIndent: 4,
};

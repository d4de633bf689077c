/** `image inspect`: an engine's image under Podman's keys (podman.md §4.2). */
import type { ImageInspect } from "@podwright/spec/engine-api/images";
import { rfc3339Nano, withoutTrailingZeros } from "../../../base/go-time.ts";
import type { HealthcheckConfig, HistoryEntry, ImageRunConfig } from "@podwright/spec/oci-image/types";

export interface ImageJson {
  Id: string;
  Digest: string;
  RepoTags: string[];
  RepoDigests: string[];
  Parent: string;
  Comment: string;
  Created: string;
  Config: ImageRunConfig;
  Version: string;
  Author: string;
  Architecture: string;
  Os: string;
  Size: number;
  VirtualSize: number;
  GraphDriver: { Name: string; Data: Record<string, string> };
  RootFS: { Type: string; Layers: string[] };
  Labels: Record<string, string> | null;
  Annotations: Record<string, string>;
  ManifestType: string;
  User: string;
  History: HistoryEntry[];
  NamesHistory: string[];
  Healthcheck?: HealthcheckConfig;
}

export function imageInspectJson(info: ImageInspect): ImageJson {
  const { summary, config } = info;
  const run = config.config ?? {};
  return {
    Id: summary.id,
    Digest: summary.digest,
    RepoTags: [...summary.names],
    RepoDigests: [...summary.repoDigests],
    Parent: summary.parentId,
    Comment: info.history.at(-1)?.comment ?? "",
    Created:
      config.created === undefined ? rfc3339Nano(summary.created) : withoutTrailingZeros(config.created),
    Config: runConfigJson(run),
    // Docker's config has docker_version; the OCI one, which the store keeps, has no such field.
    Version: "",
    Author: config.author ?? "",
    Architecture: config.architecture,
    Os: config.os,
    Size: summary.size,
    VirtualSize: summary.size,
    GraphDriver: { Name: info.graphDriver.name, Data: { ...info.graphDriver.data } },
    RootFS: { Type: "layers", Layers: [...info.layers] },
    Labels: Object.keys(run.Labels ?? {}).length === 0 ? null : { ...run.Labels },
    Annotations: { ...info.annotations },
    ManifestType: info.manifestType,
    User: run.User ?? "",
    History: info.history.map(historyJson),
    NamesHistory: [...summary.history],
    ...(run.Healthcheck === undefined ? {} : { Healthcheck: run.Healthcheck }),
  };
}

/** The OCI image-spec's `config`: its keys in its order, those without a value left out. */
function runConfigJson(run: ImageRunConfig): ImageRunConfig {
  return {
    ...present("User", run.User),
    ...present("ExposedPorts", run.ExposedPorts),
    ...present("Env", run.Env),
    ...present("Entrypoint", run.Entrypoint),
    ...present("Cmd", run.Cmd),
    ...present("Volumes", run.Volumes),
    ...present("WorkingDir", run.WorkingDir),
    ...present("Labels", run.Labels),
    ...present("StopSignal", run.StopSignal),
  };
}

function present<K extends keyof ImageRunConfig>(
  key: K,
  value: ImageRunConfig[K],
): Pick<ImageRunConfig, K> | object {
  if (value === undefined || value === null || value === "") return {};
  if (typeof value === "object" && Object.keys(value).length === 0) return {};
  return { [key]: value };
}

function historyJson(entry: HistoryEntry): HistoryEntry {
  return {
    ...(entry.created === undefined ? {} : { created: withoutTrailingZeros(entry.created) }),
    ...(entry.created_by === undefined ? {} : { created_by: entry.created_by }),
    ...(entry.author === undefined ? {} : { author: entry.author }),
    ...(entry.comment === undefined ? {} : { comment: entry.comment }),
    ...(entry.empty_layer === true ? { empty_layer: true } : {}),
  };
}

/** The files of configMap, secret, downwardAPI and projected volumes. */
import type { PodVolumeFile } from "@podwright/spec/engine-api/pods";
import type {
  DownwardAPIVolumeFile,
  KeyToPath,
  ProjectedVolumeSource,
  Volume,
  VolumeProjection,
} from "@podwright/spec/kube/types";
import { fileField } from "./field-refs.ts";
import { type Place, quote } from "./place.ts";
import { findContent, keysHint, missingKey, type ReferenceKind } from "./references.ts";
import { resourceField } from "./resource-fields.ts";
import { collision, safePath } from "./safe-path.ts";
import type { PodScope } from "./scope.ts";

const DEFAULT_MODE = 0o644;

/** Undefined where the volume is none of these. */
export function planFiles(scope: PodScope, volume: Volume, place: Place): PodVolumeFile[] | undefined {
  const files = ofVolume(scope, volume, place);
  if (files === undefined) return undefined;
  const double = collision(files.map(({ path }) => path));
  if (double !== undefined) place.error(`two of the volume's files want the path ${quote(double)}`);
  // The group must be able to read what is its own: the kubelet adds these bits too.
  const bits = scope.workload.spec.securityContext?.fsGroup === undefined ? 0 : 0o440;
  return files.map((file) => ({ ...file, mode: file.mode | bits }));
}

function ofVolume(scope: PodScope, volume: Volume, place: Place): PodVolumeFile[] | undefined {
  const { configMap, secret, downwardAPI, projected } = volume;
  if (configMap !== undefined) {
    const { name = "", items, optional, defaultMode } = configMap;
    const source = {
      kind: "ConfigMap",
      name,
      nameField: "name",
      items,
      optional,
      mode: defaultMode,
    } as const;
    return contentFiles(scope, source, place.at("configMap"));
  }
  if (secret !== undefined) {
    const { secretName: name = "", items, optional, defaultMode } = secret;
    const source = {
      kind: "Secret",
      name,
      nameField: "secretName",
      items,
      optional,
      mode: defaultMode,
    } as const;
    return contentFiles(scope, source, place.at("secret"));
  }
  if (downwardAPI !== undefined) {
    const { items = [], defaultMode } = downwardAPI;
    return downwardFiles(scope, items, place.at("downwardAPI", "items"), defaultMode ?? DEFAULT_MODE);
  }
  return projected === undefined ? undefined : projectedFiles(scope, projected, place.at("projected"));
}

interface ContentSource {
  readonly kind: ReferenceKind;
  readonly name: string;
  readonly nameField: "name" | "secretName";
  readonly items: readonly KeyToPath[] | undefined;
  readonly optional: boolean | undefined;
  readonly mode: number | undefined;
}

function contentFiles(scope: PodScope, source: ContentSource, place: Place): PodVolumeFile[] {
  const { kind, name, nameField, items = [], optional } = source;
  const content = findContent(scope, place.at(nameField), { kind, name, optional });
  if (content === undefined) return [];
  const mode = source.mode ?? DEFAULT_MODE;
  if (items.length === 0) {
    return [...content.files].flatMap(([key, bytes]) => {
      // Keys of an object that somebody else wrote are names of files here.
      const path = key.includes("/") || key.startsWith("..") ? undefined : safePath(key);
      if (path !== undefined) return [fileOf(path, mode, bytes)];
      place.at(nameField).error(`${content.title} has the key ${quote(key)}, which is no name of a file`);
      return [];
    });
  }
  return items.flatMap((item, i) => {
    const here = place.at("items", i);
    const path = checkedPath(item.path, here.at("path"));
    const bytes = content.files.get(item.key);
    if (bytes === undefined && optional !== true) {
      here.at("key").error(missingKey(content, item.key), keysHint(content.files));
    }
    return path === undefined || bytes === undefined ? [] : [fileOf(path, item.mode ?? mode, bytes)];
  });
}

function fileOf(path: string, mode: number, bytes: Uint8Array): PodVolumeFile {
  return { path, mode, data: Buffer.from(bytes).toString("base64") };
}

/** A path that leaves its volume would be written on the host (CVE-2025-9566). */
function checkedPath(text: string, place: Place): string | undefined {
  const path = text.startsWith("..") ? undefined : safePath(text);
  if (path === undefined) {
    place.error(
      `${quote(text)} must be a relative path, must not contain ".." and must not start with it`,
      "paths are below the volume's own directory",
    );
  }
  return path;
}

function downwardFiles(
  scope: PodScope,
  items: readonly DownwardAPIVolumeFile[],
  place: Place,
  defaultMode: number,
): PodVolumeFile[] {
  return items.flatMap((item, i) => {
    const here = place.at(i);
    const path = checkedPath(item.path, here.at("path"));
    const text = downwardText(scope, item, here);
    if (path === undefined || text === undefined) return [];
    return [fileOf(path, item.mode ?? defaultMode, Buffer.from(text))];
  });
}

function downwardText(
  scope: PodScope,
  { fieldRef, resourceFieldRef }: DownwardAPIVolumeFile,
  place: Place,
): string | undefined {
  if (fieldRef !== undefined) {
    return fileField(scope, fieldRef.fieldPath, place.at("fieldRef", "fieldPath"));
  }
  if (resourceFieldRef !== undefined) {
    return resourceField(scope, resourceFieldRef, place.at("resourceFieldRef"));
  }
  return undefined;
}

function projectedFiles(
  scope: PodScope,
  { sources = [], defaultMode }: ProjectedVolumeSource,
  place: Place,
): PodVolumeFile[] {
  return sources.flatMap((source, i) =>
    projectionFiles(scope, source, place.at("sources", i), defaultMode ?? DEFAULT_MODE),
  );
}

function projectionFiles(
  scope: PodScope,
  projection: VolumeProjection,
  place: Place,
  mode: number,
): PodVolumeFile[] {
  const { configMap, secret, downwardAPI } = projection;
  if (configMap !== undefined) {
    const { name = "", items, optional } = configMap;
    const source = { kind: "ConfigMap", name, nameField: "name", items, optional, mode } as const;
    return contentFiles(scope, source, place.at("configMap"));
  }
  if (secret !== undefined) {
    const { name = "", items, optional } = secret;
    const source = { kind: "Secret", name, nameField: "name", items, optional, mode } as const;
    return contentFiles(scope, source, place.at("secret"));
  }
  if (downwardAPI !== undefined) {
    return downwardFiles(scope, downwardAPI.items ?? [], place.at("downwardAPI", "items"), mode);
  }
  // What only a cluster has was told by the reading.
  return [];
}

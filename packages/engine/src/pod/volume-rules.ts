/** What a pod's own volumes may be called and hold: checked when the pod is made, before anything is written. */
import type { PodVolume, PodVolumeFile } from "@podwright/spec/engine-api/pods";
import { EngineError } from "@podwright/spec/errors/engine-error";

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;
/** NAME_MAX and PATH_MAX of the kernel, in bytes. */
const LONGEST_NAME = 255;
const LONGEST_PATH = 4095;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** @throws POD_INVALID */
export function checkPodVolumes(volumes: readonly PodVolume[]): void {
  const names = new Set<string>();
  for (const volume of volumes) {
    const { name, content, fsGroup } = volume;
    if (!NAME.test(name) || name.length > LONGEST_NAME) {
      throw invalid(`invalid name of a pod volume ${JSON.stringify(name)}`);
    }
    if (names.has(name)) throw invalid(`the pod has two volumes named ${name}`);
    names.add(name);
    if (fsGroup !== undefined && !isId(fsGroup)) throw invalid(`volume ${name}: invalid group ${fsGroup}`);
    if (content.kind === "memory" && content.size !== undefined) checkSize(name, content.size);
    if (content.kind === "files") checkFiles(name, content.files);
  }
}

function isId(id: number): boolean {
  return Number.isInteger(id) && id >= 0 && id <= 2_147_483_647;
}

function checkSize(name: string, size: number): void {
  // 0 would mean: without a limit.
  if (Number.isSafeInteger(size) && size > 0) return;
  throw invalid(`volume ${name}: invalid size ${size}`);
}

/** Each path is one of its own, and none is both a file and a directory. */
function checkFiles(name: string, files: readonly PodVolumeFile[]): void {
  const paths = new Set<string>();
  const directories = new Set<string>();
  for (const { path, mode, data } of files) {
    const parts = partsOfFile(path);
    if (parts === undefined) throw invalid(`volume ${name}: invalid path of a file ${JSON.stringify(path)}`);
    if (!Number.isInteger(mode) || mode < 0 || mode > 0o777) {
      throw invalid(`volume ${name}: invalid mode ${mode.toString(8)} of ${path}`);
    }
    if (!BASE64.test(data)) throw invalid(`volume ${name}: the content of ${path} is not base64`);
    if (paths.has(path)) throw invalid(`volume ${name}: two files at ${path}`);
    paths.add(path);
    for (let length = 1; length < parts.length; length++) directories.add(parts.slice(0, length).join("/"));
  }
  const both = [...paths].find((path) => directories.has(path));
  if (both !== undefined) throw invalid(`volume ${name}: ${both} is a file and a directory`);
}

/**
 * The path's names, undefined when it could lead out of the volume (CVE-2025-9566) or names nothing. Asked again
 * where it is written.
 */
export function partsOfFile(path: string): string[] | undefined {
  const parts = path.split("/");
  const wrong = parts.some(
    (part) =>
      part === "" ||
      part === "." ||
      part === ".." ||
      part.includes("\0") ||
      Buffer.byteLength(part) > LONGEST_NAME,
  );
  return wrong || Buffer.byteLength(path) > LONGEST_PATH ? undefined : parts;
}

function invalid(message: string): EngineError {
  return new EngineError("POD_INVALID", message);
}

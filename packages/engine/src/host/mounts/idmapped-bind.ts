/** A mount of a directory or a file with other owners, in a place of its own. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { IdMappings } from "@podwright/spec/values/id-map";
import { closeSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { rootlessUser } from "../../base/rootless.ts";
import { attachMount } from "../sys/file-system.ts";
import { idmappedMount } from "../sys/idmapped-mount.ts";
import { isErrno } from "../sys/libc.ts";
import { withUserNamespace } from "../sys/user-namespace.ts";

/** @throws HOST_CALL_FAILED, CONTAINER_INVALID where the kernel or the file system has no such mounts */
export function mountIdmapped(source: string, target: string, mappings: IdMappings): void {
  const mounted = withUserNamespace(mappings, (namespace) => mapOwners(source, namespace));
  try {
    mkdirSync(dirname(target), { recursive: true });
    if (statSync(source).isDirectory()) mkdirSync(target, { recursive: true });
    else writeFileSync(target, "", { mode: 0o600 });
    attachMount(mounted, target);
  } finally {
    closeSync(mounted);
  }
}

/** A detached mount, by its descriptor. @throws CONTAINER_INVALID */
export function mapOwners(path: string, namespace: number): number {
  try {
    return idmappedMount(path, namespace);
  } catch (error) {
    if (!isErrno(error, "EINVAL", "ENOSYS", "EPERM", "EOPNOTSUPP")) throw error;
    const ordinary = rootlessUser(process.env) !== undefined;
    throw new EngineError(
      "CONTAINER_INVALID",
      `cannot map the owners of files in ${path}: ${
        ordinary
          ? "the kernel lets an ordinary user do so on no file system that the user has not mounted"
          : "the kernel cannot mount this file system for a user namespace"
      }`,
      {
        cause: error,
        hint: ordinary
          ? "--userns keep-id shows your own files as yours; the mount option U gives a directory to the container's user"
          : "idmapped mounts need Linux 5.19 and a file system that has them (ext4, xfs, btrfs; tmpfs since 6.3)",
      },
    );
  }
}

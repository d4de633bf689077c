/** What `kube generate` asks of the host and of images' files. */
import { statSync } from "node:fs";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { resolveUlimits } from "../container/config/ulimits.ts";
import { placesOf } from "../container/places.ts";
import { parseGroup, parsePasswd } from "../container/rootfs/account-files.ts";
import { findUser } from "../container/rootfs/user.ts";
import { ProcHostFacts } from "../host/facts/host-facts.ts";
import { InRootFiles } from "../host/rootfs/in-root.ts";
import { isErrno } from "../host/sys/libc.ts";
import type { GenerateContext } from "../kube/generate/context.ts";
import type { HostPathType } from "../kube/play-plan.ts";
import type { ContainerConfig } from "../ports/container-record.ts";
import type { MountFlags } from "../ports/host-facts.ts";
import type { Core } from "./core.ts";
import { imageLayers } from "./present-image.ts";

const MAX_FILE = 16 * 1024 * 1024;

export function generateContext(core: Core): GenerateContext {
  const { settings, store } = core;
  const facts = new ProcHostFacts();
  return {
    settings,
    store,
    host: {
      defaultUlimits: () => resolveUlimits([], settings.config.defaultUlimits, facts),
      mountFlags: (path) => mountFlags(facts, path),
      hostPathType,
      findUser: (config, user) => userOf(core, config, user),
    },
  };
}

function mountFlags(facts: ProcHostFacts, path: string): MountFlags | undefined {
  try {
    return facts.mountFlags(path);
  } catch (error) {
    if (error instanceof EngineError) return undefined;
    throw error;
  }
}

function hostPathType(path: string): HostPathType {
  try {
    const found = statSync(path);
    if (found.isDirectory()) return "Directory";
    if (found.isFile()) return "File";
    if (found.isSocket()) return "Socket";
    if (found.isCharacterDevice()) return "CharDevice";
    return found.isBlockDevice() ? "BlockDevice" : "";
  } catch (error) {
    if (isErrno(error, "ENOENT") || isErrno(error, "ENOTDIR")) return "DirectoryOrCreate";
    throw error;
  }
}

/** By the container's own files over those of its image; nothing is mounted for it. */
function userOf(core: Core, config: ContainerConfig, user: string): { uid: number; gid: number } | undefined {
  const read = (path: string): string => topmostText(core, config, path) ?? "";
  try {
    const { uid, gid } = findUser(parsePasswd(read("/etc/passwd")), parseGroup(read("/etc/group")), {
      user,
      groupAdd: [],
    });
    return { uid, gid };
  } catch (error) {
    if (error instanceof EngineError) return undefined;
    throw error;
  }
}

/** The file as the layers on top of one another show it. */
function topmostText(core: Core, config: ContainerConfig, path: string): string | undefined {
  const files = new InRootFiles();
  using image = imageLayers(core).open(config.image.id);
  const lowers = image.layers.map(({ fd }) => `/proc/self/fd/${fd}`).toReversed();
  for (const root of [placesOf(core.settings, config).upper, ...lowers]) {
    const kind = files.kind(root, path);
    if (kind === undefined) continue;
    // Anything else hides what is below: a whiteout, or a link into another layer.
    return kind === "file" ? files.readText(root, path, MAX_FILE) : undefined;
  }
  return undefined;
}

/** A run in a user namespace that is not ours: its pins, and the way of its runtime to the bundle. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { type IdMappings, outsideId, seesEngine } from "@podwright/spec/values/id-map";
import { chmodSync, chownSync } from "node:fs";
import type { ContainerConfig } from "../../ports/container-record.ts";
import type { UserNamespaceChoice } from "../../ports/namespaces.ts";
import type { SandboxRef } from "../../ports/pod-record.ts";
import type { Settings } from "../../ports/settings.ts";
import type { ContainerContext } from "../context.ts";
import { joinedPids } from "../joined-pids.ts";
import { ownsNetns } from "../own-network.ts";
import type { ContainerPlaces } from "../places.ts";

/** The ids outside of root inside. */
export function rootOutside({ uid, gid }: IdMappings): { readonly uid: number; readonly gid: number } {
  return { uid: outsideId(uid, 0) ?? 0, gid: outsideId(gid, 0) ?? 0 };
}

/** The runtime goes to the root file system as root of the namespace; the host's users still have no way there. */
export function openBundle(
  { runRoot }: Pick<Settings, "runRoot">,
  { bundle }: ContainerPlaces,
  idMappings: IdMappings,
): void {
  chmodSync(`${runRoot}/containers`, 0o711);
  openDirectory(bundle, idMappings);
}

/** To root of the namespace, as a way. */
export function openDirectory(path: string, idMappings: IdMappings): void {
  chownSync(path, 0, rootOutside(idMappings).gid);
  chmodSync(path, 0o710);
}

/** Where the runtime finds the mounted root file system: elsewhere when it may not go through the user's directories. */
export async function rootForRuntime(
  { settings, mounts }: Pick<ContainerContext, "settings" | "mounts">,
  { id, idMappings }: Pick<ContainerConfig, "id" | "idMappings">,
  rootfs: string,
): Promise<string> {
  if (settings.uid === 0 || idMappings === undefined || seesEngine(idMappings)) return rootfs;
  return mounts.show(rootfs, id);
}

interface Place {
  readonly sandbox: string;
  readonly pod: SandboxRef | undefined;
}

/** The network namespace has to belong to the user namespace, or the container could neither see nor set it up. */
export async function pinMapped(
  ctx: ContainerContext,
  config: ContainerConfig,
  { sandbox, pod }: Place,
): Promise<void> {
  await ctx.namespaces.pinFor(userChoice(ctx, config, pod), sandbox, ownsNetns(config) ? ["net"] : [], {});
  if (config.idMappings !== undefined) openDirectory(sandbox, config.idMappings);
}

function userChoice(
  ctx: Parameters<typeof joinedPids>[0],
  config: ContainerConfig,
  pod: SandboxRef | undefined,
): UserNamespaceChoice {
  const { user } = config.namespaces;
  if (user.kind === "path") return { path: user.path };
  if (user.kind === "container") {
    const pid = joinedPids(ctx, config).get(user.container);
    if (pid !== undefined) return { path: `/proc/${pid}/ns/user` };
  }
  if (user.kind === "pod" && pod?.usernsPath !== undefined) return { path: pod.usernsPath };
  if (user.kind === "private" && config.idMappings !== undefined) return { mappings: config.idMappings };
  throw new EngineError("CONTAINER_STATE_IMPROPER", "cannot join the user namespace: it is not there");
}

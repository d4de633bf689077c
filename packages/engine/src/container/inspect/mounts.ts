/** A user's mounts as inspect shows them: volumes, then images, then the rest; tmpfs stands in HostConfig. */
import type { InspectMount } from "@podwright/spec/libpod-api/inspect-mount";
import type { ContainerMount } from "../../ports/container-record.ts";
import type { ContainerViewContext } from "../view-context.ts";

const PROPAGATIONS: readonly string[] = [
  "private",
  "rprivate",
  "shared",
  "rshared",
  "slave",
  "rslave",
  "unbindable",
  "runbindable",
];

export function inspectMounts(
  ctx: Pick<ContainerViewContext, "store" | "volumeMountpoint">,
  mounts: readonly ContainerMount[],
): InspectMount[] {
  return inOrder(mounts)
    .filter((mount) => mount.kind !== "tmpfs")
    .map((mount) => inspectMount(ctx, mount));
}

/** Volumes first, then images, then the rest, each in the order given. */
export function inOrder(mounts: readonly ContainerMount[]): ContainerMount[] {
  const rank = (mount: ContainerMount): number =>
    mount.kind === "volume" ? 0 : mount.kind === "image" ? 1 : 2;
  return [...mounts].sort((a, b) => rank(a) - rank(b));
}

function inspectMount(
  ctx: Pick<ContainerViewContext, "store" | "volumeMountpoint">,
  mount: ContainerMount,
): InspectMount {
  const options = fullOptions(mount);
  const volume = mount.kind === "volume";
  return {
    Type: mount.kind,
    ...(volume ? { Name: mount.source } : {}),
    Source: volume ? ctx.volumeMountpoint(mount.source) : mount.source,
    Destination: mount.destination,
    Driver: volume ? (ctx.store.volumes.get(mount.source)?.driver ?? "local") : "",
    Mode: options.find((option) => option === "z" || option === "Z") ?? "",
    Options: options.filter((option) => !isTold(option)),
    RW: mount.kind === "image" ? options.includes("rw") : !options.includes("ro"),
    Propagation: options.find((option) => PROPAGATIONS.includes(option)) ?? "",
    ...(mount.subPath === "" ? {} : { SubPath: mount.subPath }),
  };
}

/** Options that inspect shows by a key of their own. */
function isTold(option: string): boolean {
  return ["ro", "rw", "z", "Z"].includes(option) || PROPAGATIONS.includes(option);
}

/** What a bind has without being asked: the kernel default of this engine is a private, recursive bind. */
export function fullOptions(mount: ContainerMount): string[] {
  const options = [...mount.options];
  if (mount.kind !== "bind" && mount.kind !== "volume") return options;
  if (!options.some((option) => option === "bind" || option === "rbind")) options.push("rbind");
  if (!options.some((option) => PROPAGATIONS.includes(option))) options.push("rprivate");
  return options;
}

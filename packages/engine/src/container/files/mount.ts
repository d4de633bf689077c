/** `mount` and `unmount`: containers' root file systems on the host, for as long as the user wants. */
import type { Outcome } from "@podwright/spec/engine-api/common";
import type { Selection } from "@podwright/spec/engine-api/containers";
import type { MountedTree, MountOutcome } from "@podwright/spec/engine-api/files";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { containerEvent } from "../container-event.ts";
import { statusOf } from "../facts.ts";
import { healContainer } from "../heal.ts";
import { hasProcess } from "../lifecycle.ts";
import { dropHeldMount, holdMount } from "../mounted-root.ts";
import { placesOf } from "../places.ts";
import { type Chosen, chooseContainers, oneByOne } from "../select.ts";
import type { FilesContext } from "./context.ts";
import { withFiles } from "./root.ts";

/** @throws CONTAINER_NOT_FOUND before anything is mounted */
export async function mountContainers(
  { containers }: FilesContext,
  selection: Selection,
): Promise<readonly MountOutcome[]> {
  const paths = new Map<string, string>();
  const mount = async ({ id }: Chosen): Promise<void> => {
    using _lock = await containers.locks.acquire(`container-${id}`);
    const record = withFiles(await healContainer(containers, id));
    paths.set(id, await holdMount(containers, record));
    containers.events.write(containerEvent(record.config, "mount"));
  };
  const outcomes = await oneByOne(await chooseContainers(containers, selection), mount);
  return outcomes.map((outcome) => {
    const path = paths.get(outcome.id ?? "");
    return path === undefined ? outcome : { ...outcome, path };
  });
}

/** A running container's own mount stays: it is left out, as Podman has it. */
export async function unmountContainers(
  { containers }: FilesContext,
  selection: Selection,
  { force }: { readonly force: boolean },
): Promise<readonly Outcome[]> {
  const left = new Set<string>();
  const unmount = async ({ id }: Chosen): Promise<void> => {
    using _lock = await containers.locks.acquire(`container-${id}`);
    const record = await healContainer(containers, id);
    if (await dropHeldMount(containers, record)) {
      containers.events.write(containerEvent(record.config, "unmount"));
      return;
    }
    if (selection.all || force || hasProcess(statusOf(containers, record))) left.add(id);
    else
      throw new EngineError("CONTAINER_STATE_IMPROPER", `unmounting container ${id}: layer is not mounted`);
  };
  const outcomes = await oneByOne(await chooseContainers(containers, selection), unmount);
  return outcomes.filter(({ id }) => id === undefined || !left.has(id));
}

/** All that can be looked into on the host now, running containers too. */
export function mountedContainers({ containers }: FilesContext): readonly MountedTree[] {
  return containers.store.containers.list().flatMap(({ config }) => {
    const { held, rootfs } = placesOf(containers.settings, config);
    const path = [held, rootfs].find((place) => containers.mounts.isMounted(place));
    return path === undefined ? [] : [{ id: config.id, name: config.name, path }];
  });
}

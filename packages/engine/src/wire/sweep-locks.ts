/** Lock files of objects that are gone: a command that was killed between the row's end and the file's leaves one. */
import { healthLock } from "../container/health/health-lock.ts";
import { startupLock } from "../container/probes/machine.ts";
import { bagLock } from "../network/bag-lock.ts";
import { startLock } from "../pod/select.ts";
import type { Core } from "./core.ts";

/** Commands that remove call this; a look at one directory and one query per noun. */
export function sweepLocks({ locks, store }: Core): void {
  const known = new Set([
    ...store.containers
      .ids()
      .flatMap((id) => [`container-${id}`, healthLock(id), startupLock(id), bagLock(id)]),
    ...store.pods.ids().flatMap((id) => [`pod-${id}`, startLock(id), bagLock(id)]),
    ...store.volumes.list().map(({ name }) => `volume-${name}`),
    ...store.plays.list().map(({ id }) => `play-${id}`),
  ]);
  const ours = /^(container|health|play|pod|podstart|ports|startup|volume)-/;
  locks.sweep((name) => ours.test(name) && !known.has(name));
}

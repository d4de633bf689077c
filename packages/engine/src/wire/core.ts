/** What every noun stands on: the places, the store, locks, processes. Made once per command, the store on first use. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { Log } from "../base/log.ts";
import { once } from "../base/once.ts";
import { rootlessUser } from "../base/rootless.ts";
import type { EngineOptions } from "../cli/frame/lazy-engine.ts";
import { eventFileOf } from "../config/event-file.ts";
import { resolveSettings } from "../config/settings.ts";
import { FileEventLog, REFRESH } from "../host/events/file-event-log.ts";
import { OnDemandSupervisor, wasKilled } from "../host/supervisor/on-demand.ts";
import { WatchFiles } from "../host/watch-files/watch-files.ts";
import { RandomIds } from "../host/ids/random-ids.ts";
import { FlockLocks } from "../host/lock/flock-locks.ts";
import { ensureRunDir, ensureRunDirNow } from "../host/mounts/run-dir.ts";
import { cleanEnvironment } from "../host/process/clean-environment.ts";
import { ProcProcesses } from "../host/process/processes.ts";
import type { EventFile, EventLog } from "../ports/event-log.ts";
import type { Supervisor } from "../ports/supervisor.ts";
import type { WatchStates } from "../ports/watch-states.ts";
import type { Clock, IdSource } from "../ports/ids.ts";
import type { Locks } from "../ports/lock.ts";
import type { ProcessIdentity, Processes } from "../ports/processes.ts";
import type { Settings } from "../ports/settings.ts";
import type { Store } from "../ports/store.ts";
import { SqliteStore } from "../state/sqlite-store.ts";

export interface Core {
  readonly settings: Settings;
  readonly store: Store;
  readonly locks: Locks;
  readonly processes: Processes;
  readonly self: ProcessIdentity;
  readonly ids: IdSource;
  readonly clock: Clock;
  readonly log: Log;
  readonly events: EventLog;
  /** Undefined where no events are kept. */
  readonly eventFile: () => EventFile | undefined;
  readonly supervisor: Supervisor;
  readonly watchStates: WatchStates;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The run directory is there; cheap when it is. */
  readonly ready: () => Promise<void>;
}

/** @throws USERNS_UNAVAILABLE for a process that is not root, of the machine or in a user's namespace */
export function createCore(options: EngineOptions): Core {
  if (process.geteuid?.() !== 0) {
    throw new EngineError("USERNS_UNAVAILABLE", "an ordinary user's engine works in a user namespace alone", {
      hint: `start this program by "${options.program} unshare"`,
    });
  }
  const user = rootlessUser(process.env);
  const settings = resolveSettings({
    ...(options.root === undefined ? {} : { root: options.root }),
    ...(options.runRoot === undefined ? {} : { runRoot: options.runRoot }),
    ...(options.runtime === undefined ? {} : { runtime: options.runtime }),
    ...(options.conmon === undefined ? {} : { conmon: options.conmon }),
    ...(options.eventsBackend === undefined ? {} : { eventsBackend: options.eventsBackend }),
    ...(options.runtimeFlags === undefined ? {} : { runtimeFlags: options.runtimeFlags }),
    env: process.env,
    uid: user?.uid ?? 0,
    ...(user === undefined ? {} : { delegatedCgroup: options.delegatedCgroup ?? (() => undefined) }),
    program: [options.self ?? process.execPath],
  });
  const processes = new ProcProcesses();
  const directory = `${settings.runRoot}/supervisor`;
  const supervisor = new OnDemandSupervisor(
    { directory, argv: [...settings.self, "system", "supervise"], env: cleanEnvironment(process.env) },
    options.log,
  );
  const openStore = (): Store => {
    // Killed, it comes back with the next command.
    if (wasKilled(directory)) supervisor.wake();
    return SqliteStore.open(settings.root, { alone: user !== undefined });
  };
  let store: Store | undefined;
  const eventFile = once(() => eventFileOf(settings, options.log));
  const events = new FileEventLog(eventFile, () => ensureRunDirNow(settings.runRoot), options.log);
  return {
    settings,
    get store(): Store {
      return (store ??= openStore());
    },
    locks: new FlockLocks(`${settings.runRoot}/locks`),
    processes,
    get self(): ProcessIdentity {
      const self = processes.identify(process.pid);
      if (self === undefined) throw new Error("this process is not in /proc");
      return self;
    },
    ids: new RandomIds(),
    clock: { now: () => Date.now() },
    log: options.log,
    events,
    eventFile,
    watchStates: new WatchFiles(`${settings.runRoot}/watched`),
    supervisor,
    env:
      options.dockerConfig === undefined
        ? process.env
        : { ...process.env, DOCKER_CONFIG: options.dockerConfig },
    ready: async () => {
      if (await ensureRunDir(settings.runRoot)) events.write(REFRESH);
    },
  };
}

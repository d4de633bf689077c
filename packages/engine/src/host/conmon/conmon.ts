/** The ContainerMonitor port over conmon. */
import type { TerminalSize } from "@podwright/spec/engine-api/containers";
import { rmSync } from "node:fs";
import type {
  AttachConnection,
  AttachedSession,
  ContainerMonitor,
  ExitRecord,
  MonitorHandle,
  MonitorLaunch,
  PreparedMonitor,
  OrdersDone,
} from "../../ports/monitor.ts";
import type { ProcessIdentity, Processes } from "../../ports/processes.ts";
import { cleanEnvironment } from "../process/clean-environment.ts";
import { endFamily } from "../process/process-group.ts";
import { runCommand } from "../process/run.ts";
import { attachTo } from "./attach.ts";
import { ordersDone, reopenLog, resizeTerminal } from "./control.ts";
import {
  exitDirectory,
  listExitRecords,
  oomFile,
  readExitRecord,
  removeExitRecord,
  waitForRecord,
} from "./exit-record.ts";
import { findMonitors } from "./find-running.ts";
import { launchSession } from "./exec-session.ts";
import { launchConmon, prepareConmon } from "./launch.ts";
import type { ConmonPlace } from "./spawn.ts";

export interface ConmonOptions {
  readonly path: string;
  readonly runRoot: string;
  /** The caller's environment, of which conmon and its exit command get what they need and no more. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly processes: Processes;
}

export class ConmonMonitor implements ContainerMonitor {
  readonly path: string;
  readonly #place: ConmonPlace;
  readonly #runRoot: string;

  constructor(options: ConmonOptions) {
    this.path = options.path;
    this.#runRoot = options.runRoot;
    this.#place = {
      path: options.path,
      exitDir: exitDirectory(options.runRoot),
      env: cleanEnvironment(options.env),
      processes: options.processes,
    };
  }

  async version(): Promise<string> {
    const result = await runCommand({ argv: [this.path, "--version"] });
    return result.stdout.toString().trim();
  }

  launch(launch: MonitorLaunch): Promise<MonitorHandle> {
    return launchConmon(this.#place, launch);
  }

  prepare(launch: MonitorLaunch): PreparedMonitor {
    return prepareConmon(this.#place, launch);
  }

  launchSession(launch: MonitorLaunch): Promise<AttachedSession> {
    return launchSession(this.#place, launch);
  }

  async endUnfinished(id: string, noted: ProcessIdentity | undefined): Promise<void> {
    const { processes } = this.#place;
    const monitors = noted === undefined ? findMonitors(this.#place, id) : [noted];
    const living = monitors.filter((monitor) => processes.isAlive(monitor));
    await Promise.all(living.map(({ pid }) => endFamily(pid)));
  }

  readExit(id: string): ExitRecord | undefined {
    return readExitRecord(this.#place.exitDir, id, this.#oomFile(id));
  }

  waitExit(
    id: string,
    monitor: ProcessIdentity | undefined,
    signal?: AbortSignal,
  ): Promise<ExitRecord | undefined> {
    return waitForRecord({
      exitDir: this.#place.exitDir,
      id,
      read: () => this.readExit(id),
      monitorLives: () => monitor !== undefined && this.#place.processes.isAlive(monitor),
      ...(signal === undefined ? {} : { signal }),
    });
  }

  forgetExit(id: string): void {
    removeExitRecord(this.#place.exitDir, id);
    rmSync(this.#oomFile(id), { force: true });
  }

  pendingExits(): readonly string[] {
    return listExitRecords(this.#place.exitDir);
  }

  attach(bundle: string): Promise<AttachConnection> {
    return attachTo(bundle);
  }

  resize(bundle: string, size: TerminalSize): void {
    resizeTerminal(bundle, size.rows, size.columns);
  }

  reopenLog(bundle: string): void {
    reopenLog(bundle);
  }

  orders(bundle: string, monitor: ProcessIdentity): OrdersDone {
    return ordersDone(bundle, monitor.pid);
  }

  #oomFile(id: string): string {
    return oomFile(this.#runRoot, id);
  }
}

/** UsageApi wired: looking alone, so that it loads nothing that starts or changes a container. */
import type { UsageApi } from "@podwright/spec/engine-api/usage";
import { readFileSync } from "node:fs";
import { HostCgroups } from "../host/cgroup/cgroups.ts";
import { ProcNetCounters } from "../host/proc/net-counters.ts";
import { ProcReader } from "../host/proc/process-facts.ts";
import { NsenterPs } from "../host/ps/host-ps.ts";
import { InRootFiles } from "../host/rootfs/in-root.ts";
import type { UsageContext } from "../usage/context.ts";
import type { Core } from "./core.ts";
import { viewContext } from "./views.ts";
import type { Wiring } from "./wiring.ts";

export function wireUsage(core: Core, wiring: Wiring): UsageApi {
  const ctx = usageContext(core, wiring);
  return {
    containerTop: async (...args) => (await import("../usage/top.ts")).containerTop(ctx, ...args),
    podTop: async (...args) => (await import("../usage/top.ts")).podTop(ctx, ...args),
    containerStats: async function* containerStats(...args) {
      yield* (await import("../usage/stats.ts")).containerStats(ctx, ...args);
    },
    podStats: async function* podStats(...args) {
      yield* (await import("../usage/stats.ts")).podStats(ctx, ...args);
    },
  };
}

function usageContext(core: Core, wiring: Wiring): UsageContext {
  return {
    store: core.store,
    clock: core.clock,
    log: core.log,
    views: viewContext(core),
    cgroups: new HostCgroups(),
    hasCgroups: core.settings.cgroup !== "",
    alive: core.processes,
    processes: new ProcReader(),
    netCounters: new ProcNetCounters(),
    hostPs: new NsenterPs(),
    files: new InRootFiles(),
    machineMemory: () =>
      Number(/^MemTotal:\s+(\d+)/m.exec(readFileSync("/proc/meminfo", "utf8"))?.[1] ?? 0) * 1024,
    execInside: (id, command) => execInside(wiring, id, command),
  };
}

async function execInside(
  wiring: Wiring,
  id: string,
  command: readonly string[],
): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const said: Record<"stdout" | "stderr", Buffer[]> = { stdout: [], stderr: [] };
  const sink = (stream: keyof typeof said) => (bytes: Uint8Array) =>
    void said[stream].push(Buffer.from(bytes));
  const containers = await wiring.containers();
  const { exitCode } = await containers.execAttached(
    id,
    { command, env: [], tty: false, interactive: false, privileged: false },
    { stdout: sink("stdout"), stderr: sink("stderr") },
  );
  const text = (stream: keyof typeof said): string => Buffer.concat(said[stream]).toString();
  return { exitCode, stdout: text("stdout"), stderr: text("stderr") };
}

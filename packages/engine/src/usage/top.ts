/** `top`: the processes of a container or a pod, by their cgroup, as they number themselves. */
import type { ProcessTable, TopRequest } from "@podwright/spec/engine-api/usage";
import { EngineError, isEngineError } from "@podwright/spec/errors/engine-error";
import { processesOf as allOf } from "../container/processes-of.ts";
import { statusNow } from "../container/status-now.ts";
import type { ContainerRecord } from "../ports/container-record.ts";
import type { ProcessFacts } from "../ports/process-facts.ts";
import { type AccountNames, accountNames } from "./account-names.ts";
import type { UsageContext } from "./context.ts";
import { type Column, DEFAULT_DESCRIPTORS, findColumn, type TableMoment } from "./descriptors.ts";

const MAX_FILE = 16 * 1024 * 1024;

/** Descriptors that are none are options of ps(1). @throws CONTAINER_NOT_FOUND, CONTAINER_STATE_IMPROPER */
export async function containerTop(
  ctx: UsageContext,
  nameOrId: string,
  { descriptors }: TopRequest,
): Promise<ProcessTable> {
  const record = lookUp(() => ctx.store.containers.find(nameOrId));
  const { id } = record.config;
  if (!canBeCounted(ctx, record)) {
    throw new EngineError(
      "CONTAINER_INVALID",
      `cannot run top on container ${id} as it did not create a cgroup: this container does not have a cgroup`,
    );
  }
  if (!isAwake(ctx, record)) {
    throw new EngineError("CONTAINER_STATE_IMPROPER", "top can only be used on running containers", {
      details: { id },
    });
  }
  const columns = columnsOf(descriptors);
  if ("unknown" in columns) {
    const { containerPs } = await import("./ps.ts");
    return containerPs(ctx, record, descriptors);
  }
  return table(ctx, columns, processesOf(ctx, [record], []));
}

/** Members that run, each process once. @throws POD_NOT_FOUND */
export function podTop(ctx: UsageContext, nameOrId: string, { descriptors }: TopRequest): ProcessTable {
  const pod = lookUp(() => ctx.store.pods.find(nameOrId));
  const columns = columnsOf(descriptors);
  if ("unknown" in columns) {
    throw new EngineError("CLI_USAGE", `'${columns.unknown}': unknown descriptor`);
  }
  const members = ctx.store.containers
    .list({ podId: pod.config.id })
    .filter((record) => canBeCounted(ctx, record) && isAwake(ctx, record));
  const holder = ctx.views.sandboxUp(pod) ? pod.state.sandbox?.holder : undefined;
  return table(ctx, columns, processesOf(ctx, members, holder === undefined ? [] : [holder.pid]));
}

function lookUp<T>(find: () => T): T {
  try {
    return find();
  } catch (cause) {
    if (!isEngineError(cause, "CONTAINER_NOT_FOUND", "POD_NOT_FOUND")) throw cause;
    const { code, message, details } = cause;
    throw new EngineError(code, `unable to look up requested container: ${message}`, { cause, details });
  }
}

/** Infra has no process of its own. */
function isAwake({ views }: UsageContext, record: ContainerRecord): boolean {
  if (record.config.infra) return false;
  const { status } = statusNow(views, record, undefined);
  return status === "running" || status === "stopping";
}

function columnsOf(descriptors: readonly string[]): readonly Column[] | { readonly unknown: string } {
  const names = descriptors.flatMap((text) => text.split(",")).filter((name) => name !== "");
  const columns: Column[] = [];
  for (const name of names.length === 0 ? DEFAULT_DESCRIPTORS : names) {
    const column = findColumn(name.trim());
    if (column === undefined) return { unknown: name };
    columns.push(column);
  }
  return columns;
}

/** As Podman has it, one that was asked not to have a cgroup is not looked into; a user may not have a choice. */
function canBeCounted({ hasCgroups }: UsageContext, { config }: ContainerRecord): boolean {
  return config.cgroups !== "disabled" || !hasCgroups;
}

/** By container, then by number. In the cgroup is what was started in it, whatever PID namespace it shares. */
function processesOf(
  ctx: UsageContext,
  records: readonly ContainerRecord[],
  others: readonly number[],
): ProcessFacts[] {
  const read = (pids: readonly number[]): ProcessFacts[] =>
    ctx.processes.read(pids).sort((a, b) => a.inside.pid - b.inside.pid || a.pid - b.pid);
  const ofRecord = (record: ContainerRecord): ProcessFacts[] =>
    read(allOf({ cgroups: ctx.cgroups, processes: ctx.alive }, record, ctx.views.places(record).cgroup));
  return [...read(others), ...records.flatMap(ofRecord)];
}

function table(
  ctx: UsageContext,
  columns: readonly Column[],
  processes: readonly ProcessFacts[],
): ProcessTable {
  const moment: TableMoment = {
    now: ctx.clock.now(),
    uptime: ctx.processes.uptime(),
    ...accounts(ctx),
  };
  return {
    titles: columns.map(({ title }) => title),
    rows: processes.map((facts) => columns.map(({ show }) => plain(show(facts, moment)))),
  };
}

/** What a container calls itself must not be another row, or an order to the caller's terminal. */
function plain(cell: string): string {
  return cell.replace(/\p{Cc}/gu, "?");
}

/** Read where a column asks for them. */
function accounts(ctx: UsageContext): Pick<TableMoment, "names" | "hostNames"> {
  const known = new Map<string, AccountNames>();
  const namesIn = (root: string): AccountNames => {
    const names = known.get(root) ?? readNames(ctx, root);
    known.set(root, names);
    return names;
  };
  return { names: (pid) => namesIn(`/proc/${pid}/root`), hostNames: () => namesIn("/") };
}

function readNames({ files }: UsageContext, root: string): AccountNames {
  const read = (path: string): string => {
    try {
      return files.readText(root, path, MAX_FILE) ?? "";
    } catch {
      // The process is gone, or its files are what no passwd can be: numbers do.
      return "";
    }
  };
  return accountNames(read("/etc/passwd"), read("/etc/group"));
}

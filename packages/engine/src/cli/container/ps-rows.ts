/** The columns, template fields and JSON of `ps`. */
import type { PortMapping } from "@podwright/spec/engine-api/common";
import type { ContainerSummary } from "@podwright/spec/engine-api/containers";
import { unixSeconds } from "../../base/go-time.ts";
import { stateName } from "@podwright/spec/libpod-api/state-names";
import { GoTime } from "../print/go-time.ts";
import { humanAgo, humanDuration, humanSize } from "../print/human.ts";
import { showPorts } from "../print/ports.ts";
import type { RowSpec } from "../print/rows.ts";

export interface PsView {
  readonly noTrunc: boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** A column that needs --size was asked for without it. */
  readonly sizeMissing: () => void;
}

const COMMAND_WIDTH = 17;

export function psRows(view: PsView): RowSpec<ContainerSummary> {
  const id = (text: string): string => (view.noTrunc ? text : text.slice(0, 12));
  const createdAgo = (row: ContainerSummary): string => humanAgo(row.created, view.now);
  return {
    fields: {
      AutoRemove: (row) => row.autoRemove,
      CIDFile: (row) => row.cidFile,
      Command: (row) => shortCommand(row.command.join(" "), view.noTrunc),
      Created: (row) => GoTime.fromDate(new Date(row.created)),
      CreatedAt: (row) => GoTime.fromDate(new Date(row.created)).toString(),
      CreatedHuman: createdAgo,
      ExitCode: (row) => row.exitCode,
      Exited: (row) => row.exited,
      ExitedAt: (row) => unixSeconds(row.exitedAt),
      ExposedPorts: (row) => exposedByNumber(row.exposedPorts) ?? {},
      ID: (row) => id(row.id),
      Image: (row) => row.image,
      ImageID: (row) => id(row.imageId),
      IsInfra: (row) => row.isInfra,
      Label: (row) => (key: unknown) => row.labels[String(key)] ?? "",
      Labels: (row) => row.labels,
      Mounts: (row) => row.mounts,
      Names: (row) => row.name,
      Namespaces: (row) => namespacesJson(row),
      Networks: (row) => row.networks.join(","),
      Pid: (row) => row.pid,
      Pod: (row) => id(row.podId),
      PodName: (row) => row.podName,
      Ports: (row) => showPorts(row.ports, row.exposedPorts),
      Ready: (row) => row.ready,
      Restarts: (row) => String(row.restarts),
      RunningFor: createdAgo,
      Size: (row) => showSize(row, view),
      StartedAt: (row) => unixSeconds(row.startedAt),
      State: (row) => stateName(row.status),
      Status: (row) => showStatus(row, view.now),
      Cgroup: (row) => row.namespaces?.cgroup ?? "",
      CGROUPNS: (row) => row.namespaces?.cgroup ?? "",
      IPC: (row) => row.namespaces?.ipc ?? "",
      MNT: (row) => row.namespaces?.mnt ?? "",
      NET: (row) => row.namespaces?.net ?? "",
      PIDNS: (row) => row.namespaces?.pidns ?? "",
      User: (row) => row.namespaces?.user ?? "",
      USERNS: (row) => row.namespaces?.user ?? "",
      UTS: (row) => row.namespaces?.uts ?? "",
    },
    headers: {
      Cgroup: "cgroupns",
      CGROUPNS: "cgroupns",
      CreatedHuman: "created",
      ID: "container id",
      Pod: "pod id",
      PodName: "podname",
      RunningFor: "running for",
      User: "userns",
      USERNS: "userns",
      CIDFile: "cidfile",
      ImageID: "image id",
    },
    json: (row) => psJson(row, view.now),
    jsonIndent: 2,
  };
}

function shortCommand(command: string, noTrunc: boolean): string {
  return noTrunc || command.length <= COMMAND_WIDTH ? command : `${command.slice(0, COMMAND_WIDTH)}...`;
}

/** `Up 5 minutes (healthy)`, `Exited (0) 3 seconds ago`, else the state's name. */
export function showStatus(row: ContainerSummary, now: number): string {
  const health = row.health === "" ? "" : ` (${row.health})`;
  return `${statusText(row, now)}${health}`;
}

function statusText(row: ContainerSummary, now: number): string {
  if (row.status === "running") return `Up ${humanDuration(now - row.startedAt)}`;
  if (row.restartAt !== undefined) return `Restarting (${row.exitCode}) ${humanAgo(row.exitedAt, now)}`;
  if (row.status === "exited" || row.status === "stopped") {
    const why = row.withMachine === true ? " (with the machine)" : "";
    return `Exited (${row.exitCode}) ${humanAgo(row.exitedAt, now)}${why}`;
  }
  const name = stateName(row.status);
  return name.charAt(0).toUpperCase() + name.slice(1);
}

function showSize(row: ContainerSummary, view: PsView): string {
  if (row.size === undefined) {
    view.sizeMissing();
    return "";
  }
  return `${humanSize(row.size.rw, "")} (virtual ${humanSize(row.size.rootFs, "")})`;
}

/** `{"80": ["tcp"]}`; null for none. */
function exposedByNumber(exposed: readonly string[]): Record<string, string[]> | null {
  if (exposed.length === 0) return null;
  const byNumber: Record<string, string[]> = {};
  for (const text of exposed) {
    const [number = "", protocol = "tcp"] = text.split("/");
    (byNumber[number] ??= []).push(protocol);
  }
  return byNumber;
}

function namespacesJson({ namespaces }: ContainerSummary): Record<string, string> {
  if (namespaces === undefined) return {};
  return {
    Mnt: namespaces.mnt,
    Cgroup: namespaces.cgroup,
    Ipc: namespaces.ipc,
    Net: namespaces.net,
    Pidns: namespaces.pidns,
    Uts: namespaces.uts,
    User: namespaces.user,
  };
}

function portJson(port: PortMapping): object {
  return {
    host_ip: port.hostIp,
    container_port: port.containerPort,
    host_port: port.hostPort,
    range: port.length,
    protocol: port.protocol,
  };
}

function psJson(row: ContainerSummary, now: number): object {
  return {
    AutoRemove: row.autoRemove,
    Command: row.command.length === 0 ? null : row.command,
    CreatedAt: humanAgo(row.created, now),
    CIDFile: row.cidFile,
    Exited: row.exited,
    ExitedAt: unixSeconds(row.exitedAt),
    ExitCode: row.exitCode,
    ExposedPorts: exposedByNumber(row.exposedPorts),
    Id: row.id,
    Image: row.image,
    ImageID: row.imageId,
    IsInfra: row.isInfra,
    Labels: Object.keys(row.labels).length === 0 ? null : row.labels,
    Mounts: row.mounts,
    Names: [row.name],
    Namespaces: namespacesJson(row),
    Networks: row.networks,
    Pid: row.pid,
    Pod: row.podId,
    PodName: row.podName,
    Ports: row.ports.length === 0 ? null : row.ports.map(portJson),
    Restarts: row.restarts,
    Size: row.size === undefined ? null : { rootFsSize: row.size.rootFs, rwSize: row.size.rw },
    StartedAt: unixSeconds(row.startedAt),
    State: stateName(row.status),
    Status: showStatus(row, now),
    Created: unixSeconds(row.created),
  };
}

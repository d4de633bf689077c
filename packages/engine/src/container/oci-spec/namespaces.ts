/** `linux.namespaces`: made anew, joined by path, or left as the host's by not being named. */
import type { NamespaceType, RuntimeLinux } from "@podwright/spec/oci-runtime/spec";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { ContainerConfig, MemberNamespaceMode } from "../../ports/container-record.ts";
import type { LiveContainer } from "./live.ts";

type Entry = RuntimeLinux["namespaces"][number];
type Kind = "pid" | "ipc" | "uts" | "net" | "cgroup";

const TYPES: Readonly<Record<Kind, NamespaceType>> = {
  pid: "pid",
  ipc: "ipc",
  uts: "uts",
  net: "network",
  cgroup: "cgroup",
};

export function buildNamespaces(config: ContainerConfig, live: LiveContainer): Entry[] {
  const { pid, ipc, uts, cgroup } = config.namespaces;
  return [
    ...(live.usernsPath === undefined ? [] : [{ type: "user" as const, path: live.usernsPath }]),
    ...network(config.network.mode, live),
    ...entry("pid", pid, live),
    ...entry("ipc", ipc, live),
    ...entry("uts", uts, live),
    ...entry("cgroup", cgroup, live),
    { type: "mount" },
  ];
}

function entry(kind: Kind, mode: MemberNamespaceMode, live: LiveContainer): Entry[] {
  const type = TYPES[kind];
  switch (mode.kind) {
    case "host":
      return [];
    case "private":
    case "shareable":
    case "none":
      return [{ type }];
    case "path":
      return [{ type, path: mode.path }];
    case "container":
      return [
        { type, path: needed(live.joined?.[kind], `${kind} namespace of container ${mode.container}`) },
      ];
    case "pod":
      // The members' cgroup namespaces are their own: a namespace that none of them holds has nothing to show.
      return kind === "cgroup" ? [{ type }] : [{ type, path: podNamespace(kind, live) }];
    default:
      return mode satisfies never;
  }
}

function network(mode: ContainerConfig["network"]["mode"], live: LiveContainer): Entry[] {
  switch (mode.kind) {
    case "host":
      return [];
    case "none":
    case "bridge":
    case "pasta":
      return [{ type: "network", ...(live.netnsPath === undefined ? {} : { path: live.netnsPath }) }];
    case "path":
      return [{ type: "network", path: mode.path }];
    case "container":
    case "pod":
      return entry("net", mode, live);
    default:
      return mode satisfies never;
  }
}

function podNamespace(kind: Exclude<Kind, "cgroup">, { sandbox }: LiveContainer): string {
  const path = kind === "pid" ? sandbox?.pidNamespacePath : sandbox && `${sandbox.pinDir}/${kind}`;
  return needed(path, `${kind} namespace of the pod`);
}

function needed(path: string | undefined, what: string): string {
  if (path !== undefined) return path;
  throw new EngineError("CONTAINER_STATE_IMPROPER", `cannot join the ${what}: it is not there`);
}

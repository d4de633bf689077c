/** Flags of `pod create`, and what they ask for. */
import type { ExitPolicy, PodRequest, SharedNamespace } from "@podwright/spec/engine-api/pods";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { parseRestartPolicy } from "@podwright/spec/values/restart-policy";
import { parseMemorySize } from "@podwright/spec/values/size";
import type { Flags, FlagValues } from "../frame/command.ts";
import { nameFlags, parseNames } from "../parse/dns.ts";
import { keyValue, labelFlags, parseLabels } from "../parse/labels.ts";
import { limitFlags, parseLimits } from "../parse/limits.ts";
import { networkFlags, parseNetwork } from "../parse/network.ts";
import { parsePublish } from "../parse/ports.ts";
import { parseSecurity, securityOptFlags } from "../parse/security.ts";
import { parseUserns, usernsFlags } from "../parse/userns.ts";
import { parseMounts, volumeFlags } from "../parse/volumes.ts";

export const podCreateFlags = {
  name: { type: "string", short: "n", help: "Assign a name to the pod", valueName: "NAME", complete: "none" },
  replace: { type: "bool", help: "If a pod with the same name exists, replace it", default: false },
  infra: {
    type: "bool",
    help: "Create an infra container associated with the pod to share namespaces with",
    default: true,
  },
  "infra-name": { type: "string", help: "The name used as infra container name", complete: "none" },
  "infra-image": {
    type: "string",
    help: "Image to use to override builtin infra container",
    complete: "image",
  },
  "infra-command": {
    type: "string",
    help: "Overwrite the default ENTRYPOINT of the image",
    complete: "none",
  },
  "infra-conmon-pidfile": {
    type: "string",
    help: "Path to the file that will receive the POD of the infra container's conmon",
    complete: "file",
  },
  share: {
    type: "csv",
    help: "A comma delimited list of kernel namespaces the pod will share (ipc, net, uts; +pid adds)",
    complete: ["ipc", "net", "pid", "uts", "cgroup", "none"],
  },
  "share-parent": {
    type: "bool",
    help: "Set the pod's cgroup as the cgroup parent for all containers joining the pod",
    default: true,
  },
  hostname: { type: "string", help: "Set container hostname", valueName: "NAME", complete: "none" },
  "exit-policy": {
    type: "string",
    help: "Behaviour when the last container exits",
    valueName: "continue|stop",
    complete: ["continue", "stop"],
  },
  "pod-id-file": {
    type: "string",
    help: "Write the pod ID to the file",
    valueName: "FILE",
    complete: "file",
  },
  sysctl: { type: "csv", help: "Sysctl options", valueName: "KEY=VALUE", complete: "none" },
  "shm-size": { type: "string", help: "Size of /dev/shm (64m by default)", complete: "none" },
  "cgroup-parent": { type: "string", help: "Set parent cgroup for the pod", complete: "none" },
  restart: {
    type: "string",
    help: "Restart policy of the pod's containers",
    valueName: "no|never|on-failure[:N]|always|unless-stopped",
    complete: ["no", "never", "on-failure", "always", "unless-stopped"],
  },
  ...usernsFlags,
  pid: { type: "string", help: "PID namespace to use", valueName: "host|private", complete: "none" },
  ...nameFlags,
  ...networkFlags,
  ...labelFlags,
  ...limitFlags,
  ...volumeFlags,
  ...securityOptFlags,
} as const satisfies Flags;

type Values = FlagValues<typeof podCreateFlags>;

const DEFAULT_SHARE: readonly SharedNamespace[] = ["ipc", "net", "uts"];
const NAMESPACES: readonly string[] = ["ipc", "net", "uts", "pid", "cgroup"];

export interface PodCommandLine {
  readonly flags: Values;
  readonly name: string | undefined;
  readonly argv: readonly string[];
  /** True when the flag was given. */
  readonly given: (flag: keyof Values) => boolean;
}

/** @throws POD_INVALID, PORT_INVALID, VALUE_INVALID, NOT_IMPLEMENTED */
export function podRequest({ flags, name, argv, given }: PodCommandLine): PodRequest {
  refuseUnsupported(flags);
  const userns = parseUserns(flags);
  const network = parseNetwork(flags);
  const share = given("share") || flags.infra ? parseShare(flags.share, given("share")) : [];
  return {
    ...(name === undefined ? {} : { name }),
    createCommand: argv,
    replace: flags.replace,
    share,
    shareParent: flags["share-parent"],
    infra: flags.infra,
    ...optional("infraName", flags["infra-name"]),
    ...optional("infraImage", flags["infra-image"]),
    ...(flags["infra-command"] === undefined ? {} : { infraCommand: [flags["infra-command"]] }),
    ...optional("infraConmonPidFile", flags["infra-conmon-pidfile"]),
    ...optional("hostname", flags.hostname),
    ...parseNames(flags),
    ...(network === undefined ? {} : { network }),
    ports: parsePublish(flags.publish),
    labels: parseLabels(flags),
    mounts: parseMounts(flags),
    exitPolicy: parseExitPolicy(flags["exit-policy"]),
    sysctls: parseSysctls(flags.sysctl),
    ...(flags["shm-size"] === undefined ? {} : { shmSize: parseMemorySize(flags["shm-size"]) }),
    limits: parseLimits(flags),
    ...(flags.restart === undefined || flags.restart === ""
      ? {}
      : { restart: parseRestartPolicy(flags.restart) }),
    ...optional("cgroupParent", flags["cgroup-parent"]),
    security: parseSecurity(flags),
    ...(userns === undefined ? {} : { userns }),
  };
}

function optional<K extends string>(key: K, value: string | undefined): { [P in K]?: string } {
  return (value === undefined ? {} : { [key]: value }) as { [P in K]?: string };
}

function refuseUnsupported(flags: Values): void {
  if (flags.pid !== undefined && flags.pid !== "" && flags.pid !== "private") {
    throw new EngineError("NOT_IMPLEMENTED", `--pid ${flags.pid} is not implemented for pods`);
  }
}

/** "ipc,net", "none" or "" for nothing; `+pid` adds to the default. @throws POD_INVALID */
export function parseShare(values: readonly string[], given: boolean): SharedNamespace[] {
  if (!given) return [...DEFAULT_SHARE];
  const words = values.filter((word) => word !== "");
  if (words.length === 0 || (words.length === 1 && words[0] === "none")) return [];
  const additive = words.some((word) => word.startsWith("+"));
  const named = words.map((word) => checkNamespace(word.replace(/^\+/, "")));
  return [...new Set(additive ? [...DEFAULT_SHARE, ...named] : named)];
}

function checkNamespace(word: string): SharedNamespace {
  if (NAMESPACES.includes(word)) return word as SharedNamespace;
  throw new EngineError(
    "POD_INVALID",
    `invalid kernel namespace to share: ${word}. Options are: cgroup, ipc, net, pid, uts or none`,
  );
}

function parseExitPolicy(text: string | undefined): ExitPolicy {
  if (text === undefined || text === "" || text === "continue") return "continue";
  if (text === "stop") return text;
  throw new EngineError(
    "POD_INVALID",
    `running pod create option: invalid pod exit policy: ${JSON.stringify(text)}`,
  );
}

function parseSysctls(values: readonly string[]): Record<string, string> {
  const result: Record<string, string> = {};
  for (const text of values) {
    const [key, value] = keyValue(text);
    if (key === "" || value === undefined) {
      throw new EngineError("POD_INVALID", `${text}: sysctl must be KEY=VALUE`);
    }
    result[key] = value;
  }
  return result;
}

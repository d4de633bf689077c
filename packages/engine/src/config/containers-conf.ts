/** containers.conf(5): which files count, how they merge, and the defaults where none speaks. */
import { rootlessUser } from "../base/rootless.ts";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { ContainersConf } from "../ports/settings.ts";
import {
  asTable,
  dropIns,
  type Environment,
  namesOf,
  parseToml,
  readIfPresent,
  userConfigHome,
} from "./read-files.ts";

export type { Environment };

const DEFAULTS: ContainersConf = {
  runtime: "",
  runtimes: {},
  conmonPath: ["/usr/bin/conmon", "/usr/local/bin/conmon", "/usr/libexec/podman/conmon", "/usr/sbin/conmon"],
  helperBinariesDir: [
    "/usr/local/libexec/podman",
    "/usr/local/lib/podman",
    "/usr/libexec/podman",
    "/usr/lib/podman",
    "/usr/bin",
  ],
  initPath: "",
  env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
  defaultUlimits: [],
  defaultCapabilities: [
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_NET_BIND_SERVICE",
    "CAP_SETFCAP",
    "CAP_SETGID",
    "CAP_SETPCAP",
    "CAP_SETUID",
    "CAP_SYS_CHROOT",
  ],
  // Unprivileged ping without CAP_NET_RAW, as the containers.conf that ships with Podman sets it.
  defaultSysctls: ["net.ipv4.ping_group_range=0 0"],
  dnsServers: [],
  dnsSearches: [],
  dnsOptions: [],
  logDriver: "k8s-file",
  logSizeMax: -1,
  logTag: "",
  cgroups: "enabled",
  pidsLimit: 2048,
  shmSize: "65536k",
  seccompProfile: "",
  umask: "0022",
  userns: "",
  httpProxy: true,
  timezone: "",
  volumes: [],
  mounts: [],
  readOnly: false,
  oomScoreAdj: 0,
  init: false,
  annotations: [],
  defaultNetwork: "podman",
  defaultSubnet: "10.88.0.0/16",
  pullPolicy: "missing",
  stopTimeout: 10,
  detachKeys: "ctrl-p,ctrl-q",
  hostContainersInternalIp: "",
  baseHostsFile: "",
  podExitPolicy: "continue",
  kubeGenerateType: "",
  compressionFormat: "",
  compressionLevel: -1,
  eventsLogger: "file",
  eventsLogfilePath: "",
  eventsLogfileMaxSize: "1m",
  eventsInspectData: false,
  healthcheckEvents: true,
};

/** Sizes, which a file may give as a number of bytes as well. */
const SIZES: ReadonlySet<string> = new Set(["eventsLogfileMaxSize"]);

/** Section and key of each member, with the type that the file must give it. */
const KEYS: { readonly [K in Exclude<keyof ContainersConf, "runtimes">]: readonly [string, string] } = {
  runtime: ["engine", "runtime"],
  conmonPath: ["engine", "conmon_path"],
  helperBinariesDir: ["engine", "helper_binaries_dir"],
  initPath: ["containers", "init_path"],
  env: ["containers", "env"],
  defaultUlimits: ["containers", "default_ulimits"],
  defaultCapabilities: ["containers", "default_capabilities"],
  defaultSysctls: ["containers", "default_sysctls"],
  dnsServers: ["containers", "dns_servers"],
  dnsSearches: ["containers", "dns_searches"],
  dnsOptions: ["containers", "dns_options"],
  logDriver: ["containers", "log_driver"],
  logSizeMax: ["containers", "log_size_max"],
  logTag: ["containers", "log_tag"],
  cgroups: ["containers", "cgroups"],
  pidsLimit: ["containers", "pids_limit"],
  shmSize: ["containers", "shm_size"],
  seccompProfile: ["containers", "seccomp_profile"],
  userns: ["containers", "userns"],
  umask: ["containers", "umask"],
  httpProxy: ["containers", "http_proxy"],
  timezone: ["containers", "tz"],
  volumes: ["containers", "volumes"],
  mounts: ["containers", "mounts"],
  readOnly: ["containers", "read_only"],
  oomScoreAdj: ["containers", "oom_score_adj"],
  init: ["containers", "init"],
  annotations: ["containers", "annotations"],
  defaultNetwork: ["network", "default_network"],
  defaultSubnet: ["network", "default_subnet"],
  pullPolicy: ["engine", "pull_policy"],
  stopTimeout: ["engine", "stop_timeout"],
  detachKeys: ["engine", "detach_keys"],
  hostContainersInternalIp: ["containers", "host_containers_internal_ip"],
  baseHostsFile: ["containers", "base_hosts_file"],
  podExitPolicy: ["engine", "pod_exit_policy"],
  kubeGenerateType: ["engine", "kube_generate_type"],
  compressionFormat: ["engine", "compression_format"],
  compressionLevel: ["engine", "compression_level"],
  eventsLogger: ["engine", "events_logger"],
  eventsLogfilePath: ["engine", "events_logfile_path"],
  eventsLogfileMaxSize: ["engine", "events_logfile_max_size"],
  eventsInspectData: ["engine", "events_container_create_inspect_data"],
  healthcheckEvents: ["engine", "healthcheck_events"],
};

/** Reads all files that count for this environment, later ones over earlier ones. @throws CONFIG_INVALID */
export function readContainersConf(env: Environment, files = findConfigFiles(env)): ContainersConf {
  let conf = DEFAULTS;
  const appending: Appending = new Set();
  for (const path of files.containers) {
    const text = readIfPresent(path);
    if (text !== undefined) conf = applyFile(conf, { path, text }, appending);
  }
  return conf;
}

export interface ConfigFiles {
  /** containers.conf and what is dropped in beside it, the last word last. */
  readonly containers: readonly string[];
  /** The storage.conf that counts, of which there is one; "" where there is none. */
  readonly storage: string;
}

/** A look at each folder tells of both kinds of files: asking for each of them would take longer. */
export function findConfigFiles(env: Environment): ConfigFiles {
  const ordinary = rootlessUser(env) !== undefined;
  // Of root, Podman looks there for storage.conf alone, and only where the variable is set.
  const home = ordinary ? userConfigHome(env) : env["XDG_CONFIG_HOME"];
  const usual = ["/usr/share/containers", "/etc/containers"].map(lookInto);
  const own = home === undefined || home === "" ? [] : [lookInto(`${home}/containers`)];
  const override = env["CONTAINERS_CONF_OVERRIDE"];
  const last = override === undefined || override === "" ? [] : [override];
  const only = env["CONTAINERS_CONF"];
  const folders = ordinary ? [...usual, ...own] : usual;
  const containers = only !== undefined && only !== "" ? [only] : folders.flatMap(containersConfIn);
  return {
    containers: [...containers, ...last],
    storage: storageConf(env, ordinary ? own : [...usual, ...own]),
  };
}

/** An ordinary user's is the user's own: what the system's says is for root's store. */
function storageConf(env: Environment, folders: readonly Folder[]): string {
  const named = env["CONTAINERS_STORAGE_CONF"];
  if (named !== undefined && named !== "") return named;
  const folder = folders.findLast(({ names }) => names.has("storage.conf"));
  return folder === undefined ? "" : `${folder.path}/storage.conf`;
}

interface Folder {
  readonly path: string;
  readonly names: ReadonlySet<string>;
}

function lookInto(path: string): Folder {
  return { path, names: namesOf(path) };
}

/** $CONTAINERS_CONF replaces the usual files; $CONTAINERS_CONF_OVERRIDE comes after all. */
export function configFiles(env: Environment): readonly string[] {
  return findConfigFiles(env).containers;
}

function containersConfIn({ path, names }: Folder): string[] {
  return [
    ...(names.has("containers.conf") ? [`${path}/containers.conf`] : []),
    ...(names.has("containers.conf.d") ? dropIns(`${path}/containers.conf.d`) : []),
  ];
}

/** Members to which every later file adds, since an earlier one said `{append=true}`. */
type Appending = Set<string>;

/** Exported for tests: one file's text over what stood before. */
export function applyFile(
  conf: ContainersConf,
  { path, text }: { readonly path: string; readonly text: string },
  appending: Appending = new Set(),
): ContainersConf {
  const file = parseToml(path, text);
  const next: Record<string, unknown> = { ...conf };
  for (const [member, [section, key]] of Object.entries(KEYS)) {
    const given = asTable(file[section])[key];
    const value = SIZES.has(member) && typeof given === "number" ? String(given) : given;
    if (value === undefined) continue;
    const old = next[member];
    if (!sameType(value, old)) {
      throw new EngineError("CONFIG_INVALID", `${path}: ${section}.${key}: expected ${typeName(old)}`);
    }
    if (Array.isArray(old)) {
      const list = value as unknown[];
      noteAppending(appending, member, list);
      next[member] = [
        ...(appending.has(member) ? old : []),
        ...list.filter((item) => typeof item === "string"),
      ];
    } else next[member] = value;
  }
  next["runtimes"] = { ...conf.runtimes, ...runtimes(asTable(file["engine"])["runtimes"]) };
  return next as unknown as ContainersConf;
}

/** containers.conf(5), "Appending to string arrays": in force in this file and those after it, until one ends it. */
function noteAppending(appending: Appending, member: string, list: readonly unknown[]): void {
  for (const item of list) {
    const { append } = asTable(item);
    if (append === true) appending.add(member);
    if (append === false) appending.delete(member);
  }
}

function runtimes(value: unknown): Record<string, readonly string[]> {
  const result: Record<string, readonly string[]> = {};
  for (const [name, paths] of Object.entries(asTable(value))) {
    if (Array.isArray(paths)) result[name] = paths.filter((path) => typeof path === "string");
  }
  return result;
}

function sameType(value: unknown, old: unknown): boolean {
  if (Array.isArray(old)) return Array.isArray(value);
  return typeof value === typeof old;
}

function typeName(value: unknown): string {
  return Array.isArray(value) ? "a list of strings" : `a ${typeof value}`;
}

/**
 * What a template finds in place of a key that the JSON leaves out: Go's zero values. `{{.HostConfig.Init}}` is
 * "false" for a container without `--init`, though its JSON, and that of `{{json .}}`, has no such key: what is
 * filled in is not enumerable.
 */
import { GoDuration } from "../go-duration.ts";

export type InspectedKind = "container" | "pod" | "image" | "volume" | "network";

type Zeros = { readonly [key: string]: unknown };

const NETWORK: Zeros = {
  SecondaryIPAddresses: [],
  SecondaryIPv6Addresses: [],
  AdditionalMACAddresses: [],
  Networks: {},
};

const CONTAINER: Zeros = {
  OCIConfigPath: "",
  OCIRuntime: "",
  EffectiveCaps: [],
  BoundingCaps: [],
  SizeRw: null,
  SizeRootFs: 0,
};

const CONTAINER_PARTS: Readonly<Record<string, Zeros>> = {
  State: {
    ConmonPid: 0,
    Health: null,
    Checkpointed: false,
    CgroupPath: "",
    CheckpointLog: "",
    CheckpointPath: "",
    RestoreLog: "",
    Restored: false,
    StoppedByUser: false,
  },
  NetworkSettings: NETWORK,
  Config: {
    Env: [],
    Cmd: [],
    Volumes: {},
    Entrypoint: [],
    Labels: {},
    Annotations: {},
    StartupHealthCheck: null,
    Healthcheck: null,
    HealthcheckMaxLogCount: 0,
    HealthcheckMaxLogSize: 0,
    CreateCommand: [],
    Timezone: "",
    SystemdMode: false,
    Secrets: [],
    ChrootDirs: [],
    sdNotifySocket: "",
    ExposedPorts: {},
  },
  HostConfig: {
    Annotations: {},
    VolumesFrom: [],
    Links: [],
    IDMappings: null,
    BlkioWeightDevice: [],
    BlkioDeviceReadBps: [],
    BlkioDeviceWriteBps: [],
    BlkioDeviceReadIOps: [],
    BlkioDeviceWriteIOps: [],
    Init: false,
    CgroupConf: {},
    IntelRdtClosID: "",
  },
};

const POD: Zeros = {
  Namespace: "",
  CreateCommand: [],
  ExitPolicy: "",
  Labels: {},
  CgroupParent: "",
  CgroupPath: "",
  InfraContainerID: "",
  InfraConfig: null,
  SharedNamespaces: [],
  Containers: [],
  cpu_period: 0,
  cpu_quota: 0,
  cpu_shares: 0,
  cpuset_cpus: "",
  cpuset_mems: "",
  mounts: [],
  devices: [],
  volumes_from: [],
  memory_limit: 0,
  memory_swap: 0,
  blkio_weight: 0,
  blkio_weight_device: [],
  RestartPolicy: "",
  // Named otherwise in Go than in JSON.
  BlkioDeviceReadBps: [],
  BlkioDeviceWriteBps: [],
};

const POD_INFRA: Zeros = {
  DNSServer: [],
  DNSSearch: [],
  DNSOption: [],
  HostAdd: [],
  Networks: [],
  NetworkOptions: {},
  cpu_period: 0,
  cpu_quota: 0,
  cpuset_cpus: "",
  pid_ns: "",
  userns: "",
  uts_ns: "",
};

const FLAT: Readonly<Record<"image" | "volume" | "network", Zeros>> = {
  image: { Labels: {}, Healthcheck: null },
  volume: {
    Status: {},
    UID: 0,
    GID: 0,
    Anonymous: false,
    NeedsCopyUp: false,
    NeedsChown: false,
    Timeout: 0,
    StorageID: "",
  },
  network: {
    network_interface: "",
    subnets: [],
    routes: [],
    network_dns_servers: [],
    labels: {},
    options: {},
    ipam_options: {},
    containers: {},
  },
};

const IMAGE_CONFIG: Zeros = {
  User: "",
  ExposedPorts: {},
  Env: [],
  Entrypoint: [],
  Cmd: [],
  Volumes: {},
  WorkingDir: "",
  Labels: {},
  StopSignal: "",
};

const CHECK: Zeros = { Test: [], Interval: 0, Timeout: 0, StartPeriod: 0, Retries: 0 };
const CHECKS: Readonly<Record<string, Zeros>> = {
  Healthcheck: CHECK,
  StartupHealthCheck: { ...CHECK, Successes: 0 },
};
const DURATIONS: readonly string[] = ["Interval", "Timeout", "StartPeriod"];

/** The object with the keys that its JSON lacks; the object itself is not changed. */
export function withZeroValues(kind: InspectedKind, json: object): object {
  if (kind === "container") return withChecks(fillParts(fill(json, CONTAINER), CONTAINER_PARTS));
  if (kind === "image") return withChecks(fillParts(fill(json, FLAT.image), { Config: IMAGE_CONFIG }));
  if (kind !== "pod") return fill(json, FLAT[kind]);
  const pod = fillParts(fill(json, POD), { InfraConfig: POD_INFRA });
  return hide(pod, "SecurityOpts", "security_opt" in json ? json.security_opt : []);
}

function fill(json: object, zeros: Zeros): Record<string, unknown> {
  const filled: Record<string, unknown> = { ...json };
  for (const [key, zero] of Object.entries(zeros)) {
    if (filled[key] === undefined || filled[key] === null) hide(filled, key, zero);
  }
  return filled;
}

/** A key that templates find, and that JSON does not have unless it had it. */
function hide(object: Record<string, unknown>, key: string, value: unknown): Record<string, unknown> {
  const enumerable = object[key] === null;
  return Object.defineProperty(object, key, { value, enumerable, writable: true, configurable: true });
}

function fillParts(
  filled: Record<string, unknown>,
  parts: Readonly<Record<string, Zeros>>,
): Record<string, unknown> {
  for (const [key, zeros] of Object.entries(parts)) {
    const part = filled[key];
    if (typeof part === "object" && part !== null) filled[key] = fill(part, zeros);
  }
  return filled;
}

/** A health check's nanoseconds are durations: `{{.Config.Healthcheck.Interval}}` is "30s". */
function withChecks(filled: Record<string, unknown>): Record<string, unknown> {
  for (const owner of [filled, filled["Config"]]) {
    if (!isRecord(owner)) continue;
    fillParts(owner, CHECKS);
    for (const name of Object.keys(CHECKS)) useDurations(owner[name]);
  }
  return filled;
}

function useDurations(check: unknown): void {
  if (!isRecord(check)) return;
  for (const name of DURATIONS) {
    const nanoseconds = check[name];
    if (typeof nanoseconds === "number") check[name] = new GoDuration(nanoseconds);
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

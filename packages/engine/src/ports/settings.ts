/** Where this engine keeps things and what its configuration says. Resolved once per command. */
export interface Settings {
  /** The store: what must survive a reboot. */
  readonly root: string;
  /** The run directory: what must not. On tmpfs, one shared mount. */
  readonly runRoot: string;
  /** 8 hex digits that name this store on the host (nft table, cgroup parent); from the store's path. */
  readonly storeId: string;
  /** Parent of this store's cgroups, in every hierarchy: "/podwright-1a2b3c4d"; "" for a user who may make none. */
  readonly cgroup: string;
  /** What this user's limits can use: "memory", "pids", …; undefined for root, who has what the host has. */
  readonly cgroupControllers: readonly string[] | undefined;
  /** On the host: 0 for root alone. Inside its own user namespace an ordinary user's engine is 0 to the kernel. */
  readonly uid: number;
  /** The program's own path and the global options that lead back to this store, for conmon's exit command. */
  readonly self: readonly string[];
  /** Global flags of the OCI runtime, without their dashes. */
  readonly runtimeFlags?: readonly string[];
  readonly config: ContainersConf;
  /** Path of the storage.conf(5) that counts; "" where there is none. */
  readonly storageConf: string;
}

/** What containers.conf says, defaults filled in (containers.conf(5)). */
export interface ContainersConf {
  /** Name or path; "" means: crun, else runc. */
  readonly runtime: string;
  /** Candidate paths by runtime name. */
  readonly runtimes: Readonly<Record<string, readonly string[]>>;
  readonly conmonPath: readonly string[];
  readonly helperBinariesDir: readonly string[];
  readonly initPath: string;
  readonly env: readonly string[];
  /** "nofile=1024:2048" */
  readonly defaultUlimits: readonly string[];
  readonly defaultCapabilities: readonly string[];
  readonly defaultSysctls: readonly string[];
  readonly dnsServers: readonly string[];
  readonly dnsSearches: readonly string[];
  readonly dnsOptions: readonly string[];
  readonly logDriver: string;
  /** Bytes; -1 is unlimited. */
  readonly logSizeMax: number;
  readonly logTag: string;
  /** "disabled": limits that a user without cgroups cannot have are let go. */
  readonly cgroups: string;
  readonly pidsLimit: number;
  readonly shmSize: string;
  readonly seccompProfile: string;
  readonly umask: string;
  /** As `--userns` takes it; "" is the host's. */
  readonly userns: string;
  readonly httpProxy: boolean;
  readonly timezone: string;
  readonly volumes: readonly string[];
  /** As `--mount` takes them. */
  readonly mounts: readonly string[];
  readonly readOnly: boolean;
  /** 0 leaves a container with that of its engine. */
  readonly oomScoreAdj: number;
  readonly init: boolean;
  readonly annotations: readonly string[];
  readonly defaultNetwork: string;
  /** CIDR. */
  readonly defaultSubnet: string;
  readonly pullPolicy: string;
  /** Seconds. */
  readonly stopTimeout: number;
  readonly detachKeys: string;
  readonly hostContainersInternalIp: string;
  /** "" is the host's /etc/hosts, else "none", "image" or a path. */
  readonly baseHostsFile: string;
  readonly podExitPolicy: string;
  /** What `kube generate` makes unless told: "pod", "deployment", "daemonset", "job"; "" leaves it to the object. */
  readonly kubeGenerateType: string;
  /** Of layers that are pushed; "" leaves them as they are. */
  readonly compressionFormat: string;
  /** -1 is the format's own. */
  readonly compressionLevel: number;
  /** "file", "none" or "journald". */
  readonly eventsLogger: string;
  /** "" is a file in the run directory. */
  readonly eventsLogfilePath: string;
  /** A size as users write it; "0" lets the file grow. */
  readonly eventsLogfileMaxSize: string;
  /** Events of created containers tell what `inspect` says. */
  readonly eventsInspectData: boolean;
  /** Each health check writes an event. */
  readonly healthcheckEvents: boolean;
}

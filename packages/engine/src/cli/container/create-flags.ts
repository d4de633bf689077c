/** The one flag table of `create` and `run`, and the way from its values to a request. */
import type { ContainerRequest, PodChoice, RestartPolicy } from "@podwright/spec/engine-api/containers";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { parseUlimit } from "@podwright/spec/values/ulimit";
import { parseRestartPolicy } from "@podwright/spec/values/restart-policy";
import { parseMemorySize } from "@podwright/spec/values/size";
import { parseSysctls } from "@podwright/spec/values/sysctl";
import { resolve } from "node:path";
import type { Flags, Invocation } from "../frame/command.ts";
import { nameFlags, parseNames } from "../parse/dns.ts";
import { environmentFlags, parseEnvironment } from "../parse/environment.ts";
import { healthFlags, parseHealth } from "../parse/health.ts";
import { labelFlags, parseAnnotations, parseLabels } from "../parse/labels.ts";
import { containerLimitFlags, parseLimits } from "../parse/limits.ts";
import { readFirstLine } from "../parse/line-file.ts";
import { namespaceFlags, parseNamespaces } from "../parse/namespaces.ts";
import { networkFlags, parseNetwork } from "../parse/network.ts";
import { parseExposed, parsePublish } from "../parse/ports.ts";
import {
  parsePlatform,
  parsePullPolicy,
  parseRegistry,
  platformFlags,
  registryFlags,
} from "../parse/registry.ts";
import { parseSecrets, secretFlags } from "../parse/secrets.ts";
import { parseSecurity, securityFlags } from "../parse/security.ts";
import { parseUserns } from "../parse/userns.ts";
import { mountFlags, parseMounts, volumeFlags } from "../parse/volumes.ts";
import { identityFlags, lifecycleFlags, processFlags, storageFlags } from "./create-own-flags.ts";
import { parseAttach, parseEntrypoint, parseImageVolumes, parseLogging } from "./create-values.ts";
import { preserveFdsFlag } from "./preserved-descriptors.ts";
import { refuseUnsupported, refusedFlags } from "./refused-flags.ts";

export const createFlags = {
  ...identityFlags,
  ...processFlags,
  ...lifecycleFlags,
  ...storageFlags,
  ...healthFlags,
  ...environmentFlags,
  ...labelFlags,
  ...containerLimitFlags,
  ...nameFlags,
  ...namespaceFlags,
  ...networkFlags,
  ...securityFlags,
  ...volumeFlags,
  ...mountFlags,
  ...secretFlags,
  ...platformFlags,
  ...registryFlags,
  ...refusedFlags,
} as const satisfies Flags;

/** Those of `create` alone. */
export const createOnlyFlags = {
  "init-ctr": {
    type: "string",
    help: "Make this a pod init container",
    valueName: "always|once",
    complete: ["always", "once"],
  },
} as const satisfies Flags;

/** Those of `run` alone. */
export const runOnlyFlags = {
  detach: { type: "bool", short: "d", help: "Run container in background and print container ID" },
  "detach-keys": {
    type: "string",
    help: "Override the key sequence for detaching a container",
    valueName: "ctrl-[value],...",
    complete: "none",
  },
  "sig-proxy": { type: "bool", default: true, help: "Proxy received signals to the process" },
  passwd: { type: "bool", default: true, help: "Add entries to /etc/passwd and /etc/group" },
  "preserve-fds": preserveFdsFlag,
} as const satisfies Flags;

type CreateInvocation = Pick<
  Invocation<typeof createFlags>,
  "flags" | "given" | "args" | "argv" | "env" | "log"
>;

/**
 * The first argument is the image, the rest the command. What the flags leave open stays absent: the image and
 * the configuration decide it in the engine.
 * @throws CLI_USAGE, VALUE_INVALID, CONTAINER_INVALID, PORT_INVALID, NOT_IMPLEMENTED
 */
export function requestFromFlags(
  invocation: CreateInvocation,
  run: { readonly passwd?: boolean } = {},
): ContainerRequest {
  const { flags, args, argv, env } = invocation;
  refuseUnsupported(invocation);
  checkConflicts(invocation);
  const [image = "", ...command] = args;
  const network = parseNetwork(flags);
  const platform = parsePlatform(flags);
  const pod = podChoice(flags.pod, flags["pod-id-file"]);
  return {
    image,
    command,
    createCommand: argv,
    replace: flags.replace,
    groupAdd: parseGroups(flags["group-add"]),
    env: parseEnvironment(flags, env),
    ...(flags["env-merge"].length === 0 ? {} : { envMerge: flags["env-merge"] }),
    unsetEnv: flags.unsetenv,
    unsetEnvAll: flags["unsetenv-all"],
    httpProxy: flags["http-proxy"],
    tty: flags.tty,
    openStdin: flags.interactive,
    init: flags.init,
    timeout: flags.timeout,
    autoRemove: flags.rm,
    labels: parseLabels(flags),
    annotations: parseAnnotations(flags.annotation),
    pull: parsePullPolicy(flags.pull),
    registry: parseRegistry(flags),
    mounts: parseMounts(flags),
    volumesFrom: flags["volumes-from"],
    imageVolumes: parseImageVolumes(flags["image-volume"]),
    readOnlyTmpfs: flags["read-only-tmpfs"],
    devices: flags.device,
    ...(flags["device-cgroup-rule"].length === 0 ? {} : { deviceRules: flags["device-cgroup-rule"] }),
    ports: parsePublish(flags.publish),
    publishAll: flags["publish-all"],
    expose: parseExposed(flags.expose),
    ...parseNames(flags),
    ...parseNamespaces(flags),
    ...optional("userns", parseUserns(flags)),
    security: parseSecurity(flags),
    sysctls: parseSysctls(flags.sysctl),
    ulimits: flags.ulimit.includes("host") ? "host" : flags.ulimit.map(parseUlimit),
    limits: parseLimits(flags),
    cgroups: cgroupsMode(flags.cgroups),
    requires: flags.requires,
    passwd: run.passwd ?? true,
    ...parseLogging(flags, invocation.log),
    ...(flags.secret.length === 0 ? {} : { secrets: parseSecrets(flags.secret) }),
    ...optional("network", network),
    ...optional("platform", platform),
    ...optional("pod", pod),
    ...optional("attach", parseAttach(flags.attach)),
    ...optional("entrypoint", parseEntrypoint(flags.entrypoint)),
    ...optional("shmSize", flags["shm-size"] === undefined ? undefined : shmSize(flags["shm-size"])),
    ...optional("restart", flags.restart === undefined ? undefined : parseRestart(flags)),
    ...optional("health", parseHealth(flags)),
    ...scalars(invocation),
  };
}

/** Flags whose value goes into the request as it is. */
function scalars({ flags, given }: CreateInvocation): Partial<ContainerRequest> {
  return {
    ...optional("name", flags.name),
    ...optional("workdir", flags.workdir),
    ...optional("user", flags.user),
    ...optional("hostname", flags.hostname),
    ...optional("umask", umask(flags.umask)),
    ...optional("timezone", flags.tz),
    ...optional("initPath", flags["init-path"]),
    ...optional("stopSignal", flags["stop-signal"]),
    ...optional("stopTimeout", given("stop-timeout") ? flags["stop-timeout"] : undefined),
    ...optional("oomScoreAdj", given("oom-score-adj") ? flags["oom-score-adj"] : undefined),
    ...optional("readOnly", given("read-only") ? flags["read-only"] : undefined),
    ...optional("cidFile", absolute(flags.cidfile)),
    ...optional("pidFile", absolute(flags.pidfile)),
    ...optional("conmonPidFile", absolute(flags["conmon-pidfile"])),
    ...optional("cgroupParent", flags["cgroup-parent"]),
  };
}

/** Other commands, which run elsewhere, must find the file. */
function absolute(path: string | undefined): string | undefined {
  return path === undefined || path === "" ? undefined : resolve(path);
}

/** `{ [key]: value }`, or nothing when it is undefined or "". */
function optional<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return value === undefined || value === "" ? {} : ({ [key]: value } as { readonly [P in K]: V });
}

function checkConflicts({ flags, given }: CreateInvocation): void {
  if (flags.replace && flags.name === undefined) {
    throw usage("cannot replace container without --name being set");
  }
  if (flags.pod !== undefined && flags.pod !== "" && given("pod-id-file")) {
    throw usage("cannot specify both --pod and --pod-id-file");
  }
  if (given("userns") && given("pod") && flags.pod?.startsWith("new:") === false) {
    throw usage("--userns and --pod cannot be set together");
  }
  const dns = ["dns", "dns-option", "dns-search"] as const;
  const [mode = ""] = flags.network;
  if (dns.some((flag) => given(flag)) && (mode === "none" || mode.startsWith("container:"))) {
    throw usage(`conflicting options: dns and the network mode: ${mode.split(":")[0]}`);
  }
  for (const flag of ["timeout", "stop-timeout"] as const) {
    const value = flags[flag];
    if (value !== undefined && value < 0) throw usage(`invalid argument "${value}" for "--${flag}" flag`);
  }
}

/** An empty text leaves it to the pod. */
function parseRestart({ restart = "", rm }: CreateInvocation["flags"]): RestartPolicy | undefined {
  const policy = parseRestartPolicy(restart);
  if (rm && (policy.name === "always" || policy.name === "unless-stopped")) {
    throw usage('the --rm option conflicts with --restart, when the restartPolicy is not "" and "no"');
  }
  return restart === "" ? undefined : policy;
}

/** "keep-groups" is no group's name: it asks for those of the caller. @throws CLI_USAGE */
function parseGroups(groups: readonly string[]): readonly string[] {
  if (!groups.includes("keep-groups")) return groups;
  if (groups.length === 1) return groups;
  throw usage("the '--group-add keep-groups' option is not allowed with any other --group-add options");
}

function podChoice(pod: string | undefined, idFile: string | undefined): PodChoice | undefined {
  const choice = idFile === undefined || idFile === "" ? pod : readFirstLine(idFile);
  if (choice === undefined || choice === "") return undefined;
  if (!choice.startsWith("new:")) return { kind: "existing", nameOrId: choice };
  const name = choice.slice("new:".length);
  if (name === "") throw usage("new pod name must be at least one character");
  return { kind: "new", name };
}

function cgroupsMode(text: string): ContainerRequest["cgroups"] {
  if (text === "enabled" || text === "disabled" || text === "no-conmon") return text;
  if (text === "split") throw new EngineError("NOT_IMPLEMENTED", "--cgroups=split is not implemented");
  throw new EngineError(
    "CONTAINER_INVALID",
    `running container create option: invalid cgroup mode ${JSON.stringify(text)}: invalid argument`,
  );
}

function umask(text: string | undefined): string | undefined {
  if (text === undefined || text === "") return undefined;
  if (!/^[0-7]{1,4}$/.test(text)) {
    throw new EngineError("CONTAINER_INVALID", `invalid umask string ${text}: invalid argument`);
  }
  return text.padStart(4, "0");
}

function shmSize(text: string): number {
  try {
    return parseMemorySize(text);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new EngineError("VALUE_INVALID", `unable to translate --shm-size: ${error.message}`);
  }
}

function usage(message: string): EngineError {
  return new EngineError("CLI_USAGE", message);
}

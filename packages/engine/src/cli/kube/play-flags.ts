/** Flags of `kube play`, and what they ask for. */
import type { KubeSource, PlayRequest, ValidateMode } from "@podwright/spec/engine-api/kube";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { isIpv4, isIpv6 } from "@podwright/spec/values/ip";
import type { Log } from "../../base/log.ts";
import { parseLogging } from "../container/create-values.ts";
import type { Flags, FlagValues } from "../frame/command.ts";
import { keyValue } from "../parse/labels.ts";
import { parseMac, parseNetwork } from "../parse/network.ts";
import { parsePublish } from "../parse/ports.ts";
import { parseRegistry, registryFlags } from "../parse/registry.ts";

const { retry: _retry, "retry-delay": _retryDelay, ...loginFlags } = registryFlags;

const VALIDATE: readonly ValidateMode[] = ["strict", "warn", "ignore"];

export const playFlags = {
  annotation: {
    type: "list",
    help: "Add annotations to pods (key=value)",
    valueName: "KEY=VALUE",
    complete: "none",
  },
  configmap: {
    type: "list",
    help: "Pathname of a YAML file containing a kubernetes configmap",
    valueName: "FILE",
    complete: "file",
  },
  "dry-run": { type: "bool", help: "Check everything, print what would be done, and change nothing" },
  force: { type: "bool", help: "Remove volumes as part of --down" },
  ip: { type: "csv", help: "Static IP addresses to assign to the pods", complete: "none" },
  "log-driver": { type: "string", help: "Logging driver for the container", complete: "none" },
  "log-opt": { type: "list", help: "Logging driver options", complete: "none" },
  "mac-address": { type: "csv", help: "Static MAC addresses to assign to the pods", complete: "none" },
  network: { type: "list", help: "Connect pod to network(s) or network mode", complete: "network" },
  "no-hostname": {
    type: "bool",
    help: "Do not create /etc/hostname within the container, instead use the version from the image",
  },
  "no-hosts": {
    type: "bool",
    help: "Do not create /etc/hosts within the pod's containers, instead use the version from the image",
  },
  "no-pod-prefix": { type: "bool", help: "Do not prefix container names with the name of their pod" },
  publish: {
    type: "csv",
    help: "Publish a container's port, or a range of ports, to the host",
    complete: "none",
  },
  "publish-all": {
    type: "bool",
    help: "Publish all ports defined in the YAML; without it only those with a hostPort are",
  },
  quiet: { type: "bool", short: "q", help: "Suppress output information when pulling images" },
  replace: { type: "bool", help: "Delete and recreate pods defined in the YAML file" },
  "seccomp-profile-root": {
    type: "string",
    default: "/var/lib/kubelet/seccomp",
    help: "Directory path for seccomp profiles",
    complete: "file",
  },
  start: { type: "bool", default: true, help: "Start the pod after creating it" },
  userns: {
    type: "string",
    help: "User namespace to use",
    valueName: "host|auto[:OPTIONS]|keep-id[:OPTIONS]|nomap|ns:PATH",
    complete: ["host", "auto", "keep-id"],
  },
  validate: {
    type: "string",
    default: "strict",
    help: "What becomes of fields that are not known: an error, a warning, nothing",
    valueName: VALIDATE.join("|"),
    complete: VALIDATE,
  },
  wait: {
    type: "bool",
    short: "w",
    help: "Clean up all objects created when a SIGTERM is received or pods exit",
  },
  ...loginFlags,
  build: { type: "bool", hidden: true, help: "Not implemented" },
  "context-dir": { type: "string", hidden: true, help: "Not implemented" },
  down: { type: "bool", hidden: true, help: "Stop pods defined in the YAML file" },
  "no-trunc": { type: "bool", hidden: true, help: "Annotations are never shortened" },
  "service-container": { type: "bool", hidden: true, help: "Not implemented" },
  "service-exit-code-propagation": { type: "string", hidden: true, help: "Not implemented" },
  "signature-policy": { type: "string", hidden: true, help: "Not implemented" },
} as const satisfies Flags;

export type PlayFlagValues = FlagValues<typeof playFlags>;

export interface PlayCommandLine {
  readonly flags: PlayFlagValues;
  readonly argv: readonly string[];
  readonly log: Log;
}

/** Checks before anything is read. @throws CLI_USAGE, NOT_IMPLEMENTED */
export function checkPlayFlags(flags: PlayFlagValues): void {
  if (flags.build) throw notImplemented("--build", "build the images first, or leave --build out");
  if (flags["context-dir"] !== undefined) {
    throw usage("--build must be specified when using --context-dir option");
  }
  if (flags["service-container"]) throw notImplemented("--service-container");
  if (flags["service-exit-code-propagation"] !== undefined) {
    throw notImplemented("--service-exit-code-propagation");
  }
  if (flags["signature-policy"] !== undefined) throw notImplemented("--signature-policy");
  if (flags.force && !flags.down) throw usage("--force may be specified only with --down");
  if (flags.wait && !flags.start) throw usage("--wait does not work with --start=false");
  if (flags.wait && flags["dry-run"]) throw usage("--wait does not work with --dry-run");
}

/** @throws CLI_USAGE, VALUE_INVALID, PORT_INVALID, CONTAINER_INVALID, NOT_IMPLEMENTED */
export function playRequest(
  { flags, argv, log }: PlayCommandLine,
  sources: readonly KubeSource[],
  configMaps: readonly KubeSource[],
): PlayRequest {
  const network = parseNetwork({
    network: flags.network,
    "network-alias": [],
    ip: undefined,
    ip6: undefined,
    "mac-address": undefined,
  });
  return {
    sources,
    configMaps,
    validate: parseValidate(flags.validate),
    replace: flags.replace,
    start: flags.start,
    dryRun: flags["dry-run"],
    annotations: parsePodAnnotations(flags.annotation),
    ...(network === undefined ? {} : { network }),
    ports: parsePublish(flags.publish),
    publishAll: flags["publish-all"],
    ...(flags.userns === undefined ? {} : { userns: flags.userns }),
    ips: flags.ip.map(parseAddress),
    macs: flags["mac-address"].map(parseMac),
    ...parseLogging(flags, log),
    noHosts: flags["no-hosts"],
    noHostname: flags["no-hostname"],
    noPodPrefix: flags["no-pod-prefix"],
    seccompProfileRoot: flags["seccomp-profile-root"],
    registry: parseRegistry({ ...flags, retry: undefined, "retry-delay": undefined }),
    createCommand: argv,
  };
}

function parseValidate(text: string): ValidateMode {
  const mode = VALIDATE.find((known) => known === text);
  if (mode === undefined) {
    throw usage(`invalid value ${JSON.stringify(text)} for --validate: choose ${VALIDATE.join(", ")}`);
  }
  return mode;
}

function parsePodAnnotations(values: readonly string[]): Record<string, string> {
  const annotations: Record<string, string> = {};
  for (const text of values) {
    const [key, value] = keyValue(text);
    if (value === undefined) throw usage(`annotation ${JSON.stringify(text)} must include an '=' sign`);
    annotations[key] = value;
  }
  return annotations;
}

function parseAddress(text: string): string {
  if (isIpv4(text) || isIpv6(text)) return text;
  throw usage(
    `invalid argument ${JSON.stringify(text)} for "--ip" flag: invalid string being converted to IP address: ${text}`,
  );
}

function usage(message: string): EngineError {
  return new EngineError("CLI_USAGE", message);
}

function notImplemented(flag: string, hint?: string): EngineError {
  const message = `${flag} is not implemented`;
  return new EngineError("NOT_IMPLEMENTED", message, hint === undefined ? {} : { hint });
}

/** What is kept of a manifest, so that `kube generate` can give back what was played. */
import type { PortMapping } from "@podwright/spec/engine-api/common";
import type { PlayRequest } from "@podwright/spec/engine-api/kube";
import type { PlayedManifest } from "@podwright/spec/engine-api/pods";
import type { ManifestObject } from "../manifest.ts";
import type { PodScope } from "./scope.ts";

/** `scope.used` must be complete. */
export function playedManifest({ workload, used, request }: PodScope): PlayedManifest {
  const others = [...used].filter((object) => object !== workload.object);
  return {
    objects: [workload.object, ...others].map(({ data }) => data),
    options: changingOptions(request),
  };
}

/** In the order of the stream. */
export function inStreamOrder(used: Set<ManifestObject>, stream: readonly ManifestObject[]): void {
  const ordered = [...used].sort((a, b) => stream.indexOf(a) - stream.indexOf(b));
  used.clear();
  for (const object of ordered) used.add(object);
}

function changingOptions(request: PlayRequest): string[] {
  const { network } = request;
  return [
    ...Object.entries(request.annotations).map(([key, value]) => `--annotation ${key}=${value}`),
    ...request.configMaps.map(({ name }) => `--configmap ${name}`),
    ...(network === undefined ? [] : networkOptions(network)),
    ...request.ips.map((ip) => `--ip ${ip}`),
    ...request.macs.map((mac) => `--mac-address ${mac}`),
    ...request.ports.map((mapping) => `--publish ${showPort(mapping)}`),
    ...(request.publishAll ? ["--publish-all"] : []),
    ...(request.logDriver === undefined ? [] : [`--log-driver ${request.logDriver}`]),
    ...Object.entries(request.logOptions).map(([key, value]) => `--log-opt ${key}=${value}`),
    ...(request.noHosts ? ["--no-hosts"] : []),
    ...(request.noHostname ? ["--no-hostname"] : []),
    ...(request.noPodPrefix ? ["--no-pod-prefix"] : []),
    ...(request.userns === undefined ? [] : [`--userns ${request.userns}`]),
  ];
}

function networkOptions(network: NonNullable<PlayRequest["network"]>): string[] {
  switch (network.kind) {
    case "bridge":
      return network.attachments.map(({ name }) => `--network ${name === "" ? "bridge" : name}`);
    case "container":
      return [`--network container:${network.container}`];
    case "path":
      return [`--network ns:${network.path}`];
    case "pasta":
      return [`--network ${["pasta", network.options.join(",")].filter((part) => part !== "").join(":")}`];
    case "none":
    case "host":
      return [`--network ${network.kind}`];
    default:
      return network satisfies never;
  }
}

/** "127.0.0.1:8080:80/udp", as `--publish` takes it. */
export function showPort({ hostIp, hostPort, containerPort, length, protocol }: PortMapping): string {
  const range = (first: number): string => (length > 1 ? `${first}-${first + length - 1}` : `${first}`);
  const ip = hostIp.includes(":") ? `[${hostIp}]` : hostIp;
  const host = [
    ...(ip === "" ? [] : [ip]),
    ...(hostPort === 0 ? (ip === "" ? [] : [""]) : [range(hostPort)]),
  ];
  return `${[...host, range(containerPort)].join(":")}${protocol === "tcp" ? "" : `/${protocol}`}`;
}

/** Probes and lifecycle hooks: defaults filled in, named ports looked up. */
import type {
  ContainerRequest,
  LifecycleHooks,
  Probe,
  ProbeAction,
  Probes,
} from "@podwright/spec/engine-api/containers";
import type {
  Container,
  HTTPGetAction,
  LifecycleHandler,
  Probe as KubeProbe,
  TCPSocketAction,
} from "@podwright/spec/kube/types";
import { type ContainerScope, isSidecar } from "./scope.ts";

type Watch = Pick<ContainerRequest, "probes" | "lifecycle" | "stopSignal">;

const FIELDS = { livenessProbe: "liveness", readinessProbe: "readiness", startupProbe: "startup" } as const;

export function planWatch(scope: ContainerScope): Watch {
  const { container, isInit } = scope;
  // One that runs to its end has nothing to watch; what it says of that has been refused.
  if (isInit && !isSidecar(container)) return {};
  const probes = planProbes(container);
  const lifecycle = planHooks(container);
  const stopSignal = container.lifecycle?.stopSignal;
  return {
    ...(Object.keys(probes).length === 0 ? {} : { probes }),
    ...(Object.keys(lifecycle).length === 0 ? {} : { lifecycle }),
    ...(stopSignal === undefined ? {} : { stopSignal }),
  };
}

function planProbes(container: Container): Probes {
  const planned = Object.entries(FIELDS).flatMap(([field, name]) => {
    const probe = container[field as keyof typeof FIELDS];
    if (probe === undefined) return [];
    const made = planProbe(probe, container);
    return made === undefined ? [] : [[name, made] as const];
  });
  return Object.fromEntries(planned) as Probes;
}

function planProbe(probe: KubeProbe, container: Container): Probe | undefined {
  const action = probeAction(probe, container);
  if (action === undefined) return undefined;
  const { terminationGracePeriodSeconds: grace } = probe;
  return {
    action,
    initialDelay: probe.initialDelaySeconds ?? 0,
    period: orDefault(probe.periodSeconds, 10),
    timeout: orDefault(probe.timeoutSeconds, 1),
    successThreshold: orDefault(probe.successThreshold, 1),
    failureThreshold: orDefault(probe.failureThreshold, 3),
    ...(grace === undefined ? {} : { terminationGracePeriod: grace }),
  };
}

/** 0 is Kubernetes' way to say nothing. */
function orDefault(value: number | undefined, fallback: number): number {
  return value === undefined || value === 0 ? fallback : value;
}

function probeAction(probe: KubeProbe, container: Container): Probe["action"] | undefined {
  if (probe.exec !== undefined) return { kind: "exec", command: probe.exec.command ?? [] };
  if (probe.httpGet !== undefined) return httpAction(probe.httpGet, container);
  if (probe.tcpSocket !== undefined) return tcpAction(probe.tcpSocket, container);
  if (probe.grpc !== undefined) {
    return { kind: "grpc", port: probe.grpc.port, service: probe.grpc.service ?? "" };
  }
  return undefined;
}

type HttpAction = Extract<ProbeAction, { readonly kind: "http" }>;
type TcpAction = Extract<ProbeAction, { readonly kind: "tcp" }>;

function httpAction(get: HTTPGetAction, container: Container): HttpAction | undefined {
  const port = portNumber(get.port, container);
  if (port === undefined) return undefined;
  const path = get.path === undefined || get.path === "" ? "/" : get.path;
  return {
    kind: "http",
    host: get.host ?? "",
    port,
    path: path.startsWith("/") ? path : `/${path}`,
    scheme: get.scheme ?? "HTTP",
    headers: (get.httpHeaders ?? []).map(({ name, value }) => ({ name, value })),
  };
}

function tcpAction(socket: TCPSocketAction, container: Container): TcpAction | undefined {
  const port = portNumber(socket.port, container);
  return port === undefined ? undefined : { kind: "tcp", host: socket.host ?? "", port };
}

/** A name that no port has was told by the reading. */
function portNumber(port: number | string, { ports = [] }: Container): number | undefined {
  if (typeof port === "number") return port;
  return ports.find(({ name }) => name === port)?.containerPort;
}

function planHooks(container: Container): LifecycleHooks {
  const { postStart, preStop } = container.lifecycle ?? {};
  const start = hookAction(postStart, container);
  const stop = hookAction(preStop, container);
  return {
    ...(start === undefined ? {} : { postStart: start }),
    ...(stop === undefined ? {} : { preStop: stop }),
  };
}

function hookAction(
  handler: LifecycleHandler | undefined,
  container: Container,
): LifecycleHooks["postStart"] {
  if (handler === undefined) return undefined;
  if (handler.exec !== undefined) return { kind: "exec", command: handler.exec.command ?? [] };
  if (handler.httpGet !== undefined) return httpAction(handler.httpGet, container);
  if (handler.tcpSocket !== undefined) return tcpAction(handler.tcpSocket, container);
  if (handler.sleep !== undefined) return { kind: "sleep", seconds: handler.sleep.seconds };
  return undefined;
}

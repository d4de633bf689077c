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
import { type Place, quote } from "./place.ts";
import { type ContainerScope, isSidecar } from "./scope.ts";

type Watch = Pick<ContainerRequest, "probes" | "lifecycle" | "stopSignal">;

const FIELDS = { livenessProbe: "liveness", readinessProbe: "readiness", startupProbe: "startup" } as const;

export function planWatch(scope: ContainerScope): Watch {
  const { container, place, isInit } = scope;
  if (isInit && !isSidecar(container)) {
    refuseOnInit(container, place);
    return {};
  }
  const probes = planProbes(container, place);
  const lifecycle = planHooks(container, place.at("lifecycle"));
  const stopSignal = container.lifecycle?.stopSignal;
  return {
    ...(Object.keys(probes).length === 0 ? {} : { probes }),
    ...(Object.keys(lifecycle).length === 0 ? {} : { lifecycle }),
    ...(stopSignal === undefined ? {} : { stopSignal }),
  };
}

/** It ends by itself: there is nothing to watch. */
function refuseOnInit(container: Container, place: Place): void {
  for (const field of ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"] as const) {
    if (container[field] === undefined) continue;
    place
      .at(field)
      .errorAtKey(
        "may not be set for init containers without restartPolicy=Always",
        "restartPolicy: Always makes the init container a sidecar",
      );
  }
}

function planProbes(container: Container, place: Place): Probes {
  const planned = Object.entries(FIELDS).flatMap(([field, name]) => {
    const probe = container[field as keyof typeof FIELDS];
    if (probe === undefined) return [];
    const here = place.at(field);
    here.warn(`${field} is stored, but nothing probes the container yet`);
    const made = planProbe(probe, container, here);
    return made === undefined ? [] : [[name, made] as const];
  });
  return Object.fromEntries(planned) as Probes;
}

function planProbe(probe: KubeProbe, container: Container, place: Place): Probe | undefined {
  const action = probeAction(probe, container, place);
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

function probeAction(probe: KubeProbe, container: Container, place: Place): Probe["action"] | undefined {
  if (probe.exec !== undefined) return { kind: "exec", command: probe.exec.command ?? [] };
  if (probe.httpGet !== undefined) return httpAction(probe.httpGet, container, place.at("httpGet"));
  if (probe.tcpSocket !== undefined) return tcpAction(probe.tcpSocket, container, place.at("tcpSocket"));
  if (probe.grpc !== undefined) {
    return { kind: "grpc", port: probe.grpc.port, service: probe.grpc.service ?? "" };
  }
  place.error("must specify a handler type", "one of exec, httpGet, tcpSocket, grpc");
  return undefined;
}

type HttpAction = Extract<ProbeAction, { readonly kind: "http" }>;
type TcpAction = Extract<ProbeAction, { readonly kind: "tcp" }>;

function httpAction(get: HTTPGetAction, container: Container, place: Place): HttpAction | undefined {
  const port = portNumber(get.port, container, place.at("port"));
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

function tcpAction(socket: TCPSocketAction, container: Container, place: Place): TcpAction | undefined {
  const port = portNumber(socket.port, container, place.at("port"));
  return port === undefined ? undefined : { kind: "tcp", host: socket.host ?? "", port };
}

function portNumber(port: number | string, container: Container, place: Place): number | undefined {
  if (typeof port === "number") return port;
  if (/^\d+$/.test(port)) return Number(port);
  const ports = container.ports ?? [];
  const named = ports.find(({ name }) => name === port);
  if (named !== undefined) return named.containerPort;
  const names = ports.flatMap(({ name }) => (name === undefined ? [] : [name]));
  place.error(
    `container ${quote(container.name)} has no port named ${quote(port)}`,
    names.length === 0 ? "none of its ports has a name" : `its named ports are: ${names.join(", ")}`,
  );
  return undefined;
}

function planHooks(container: Container, place: Place): LifecycleHooks {
  const { postStart, preStop } = container.lifecycle ?? {};
  const start = hookAction(postStart, container, place.at("postStart"));
  const stop = hookAction(preStop, container, place.at("preStop"));
  return {
    ...(start === undefined ? {} : { postStart: start }),
    ...(stop === undefined ? {} : { preStop: stop }),
  };
}

function hookAction(
  handler: LifecycleHandler | undefined,
  container: Container,
  place: Place,
): LifecycleHooks["postStart"] {
  if (handler === undefined) return undefined;
  if (handler.exec !== undefined) return { kind: "exec", command: handler.exec.command ?? [] };
  if (handler.httpGet !== undefined) return httpAction(handler.httpGet, container, place.at("httpGet"));
  if (handler.tcpSocket !== undefined) return tcpAction(handler.tcpSocket, container, place.at("tcpSocket"));
  if (handler.sleep !== undefined) return { kind: "sleep", seconds: handler.sleep.seconds };
  place.error("must specify a handler type", "one of exec, httpGet, tcpSocket, sleep");
  return undefined;
}

/** Probes, health checks and hooks in Kubernetes' words; numbers that hold anyway are left out. */
import type { LifecycleHooks, Probe, ProbeAction, Probes } from "@podwright/spec/engine-api/containers";
import type { HealthRequest } from "@podwright/spec/engine-api/health";
import type { Container, Lifecycle, LifecycleHandler, Probe as KubeProbe } from "@podwright/spec/kube/types";
import { signalName } from "@podwright/spec/values/signal";
import type { ContainerConfig } from "../../ports/container-record.ts";
import { subjectOf, type Writing } from "./context.ts";
import { compact, unless, whenAny, whenFilled } from "./members.ts";

type ProbeFields = Pick<Container, "livenessProbe" | "readinessProbe" | "startupProbe">;

export function probeFields(writing: Writing, config: ContainerConfig): ProbeFields {
  const { liveness, readiness, startup }: Probes = config.probes ?? {};
  return compact<ProbeFields>({
    livenessProbe: liveness === undefined ? healthProbe(writing, config) : toProbe(liveness),
    readinessProbe: readiness && toProbe(readiness),
    startupProbe: startup && toProbe(startup),
  });
}

function toProbe(probe: Probe): KubeProbe {
  return compact<KubeProbe>({
    ...probeAction(probe.action),
    initialDelaySeconds: unless(0, probe.initialDelay),
    periodSeconds: unless(10, probe.period),
    timeoutSeconds: unless(1, probe.timeout),
    successThreshold: unless(1, probe.successThreshold),
    failureThreshold: unless(3, probe.failureThreshold),
    terminationGracePeriodSeconds: probe.terminationGracePeriod,
  });
}

function probeAction(action: Probe["action"]): Pick<KubeProbe, "exec" | "httpGet" | "tcpSocket" | "grpc"> {
  if (action.kind !== "grpc") return handler(action);
  return { grpc: compact({ port: action.port, service: unless("", action.service) }) };
}

function handler(
  action: Exclude<ProbeAction, { readonly kind: "grpc" | "sleep" }>,
): Omit<LifecycleHandler, "sleep"> {
  switch (action.kind) {
    case "exec":
      return { exec: { command: action.command } };
    case "tcp":
      return { tcpSocket: compact({ host: unless("", action.host), port: action.port }) };
    case "http":
      return {
        httpGet: compact({
          host: unless("", action.host),
          httpHeaders: whenAny(action.headers),
          path: unless("/", action.path),
          port: action.port,
          scheme: action.scheme === "HTTP" ? undefined : action.scheme,
        }),
      };
    default:
      return action satisfies never;
  }
}

/** The image's own health check is not written: it is the image that says it. */
function healthProbe(writing: Writing, config: ContainerConfig): KubeProbe | undefined {
  const { health } = config;
  if (health === undefined) return undefined;
  const check = writing.image(config).Healthcheck;
  if (health === "none") {
    if (check?.Test !== undefined && check.Test[0] !== "NONE") {
      writing.losses.add(
        subjectOf(config),
        "the image's health check is switched off, which a manifest cannot say",
      );
    }
    return undefined;
  }
  if (check !== undefined && JSON.stringify(check.Test) === JSON.stringify(health.test)) return undefined;
  const command = healthCommand(health);
  if (command.length === 0) return undefined;
  return toProbe({
    action: { kind: "exec", command },
    initialDelay: seconds(health.startPeriod),
    period: Math.max(1, seconds(health.interval)),
    timeout: Math.max(1, seconds(health.timeout)),
    successThreshold: 1,
    failureThreshold: health.retries,
  });
}

function healthCommand({ test: [form, ...rest] }: HealthRequest): readonly string[] {
  if (form === "CMD-SHELL") return ["/bin/sh", "-c", rest.join(" ")];
  return form === "CMD" ? rest : [];
}

function seconds(milliseconds: number): number {
  return Math.ceil(milliseconds / 1000);
}

export function lifecycleOf(writing: Writing, config: ContainerConfig): Lifecycle | undefined {
  const { postStart, preStop }: LifecycleHooks = config.lifecycle ?? {};
  return whenFilled(
    compact<Lifecycle>({
      postStart: postStart && hook(postStart),
      preStop: preStop && hook(preStop),
      stopSignal: stopSignal(writing, config),
    }),
  );
}

function hook(action: Exclude<ProbeAction, { readonly kind: "grpc" }>): LifecycleHandler {
  return action.kind === "sleep" ? { sleep: { seconds: action.seconds } } : handler(action);
}

function stopSignal(writing: Writing, config: ContainerConfig): string | undefined {
  const written = writing.image(config).StopSignal;
  const name = signalName(config.process.stopSignal);
  if (written === undefined || written === "") return name === "SIGTERM" ? undefined : name;
  return sameSignal(written, config.process.stopSignal) ? undefined : name;
}

function sameSignal(text: string, number: number): boolean {
  const name = signalName(number);
  return [String(number), name, name.slice(3)].includes(text.toUpperCase());
}

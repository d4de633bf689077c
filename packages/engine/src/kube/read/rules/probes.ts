/** Probes and lifecycle hooks: one handler each, numbers within their ranges, ports that exist. */
import type {
  Container,
  HTTPGetAction,
  LifecycleHandler,
  Probe,
  TCPSocketAction,
} from "@podwright/spec/kube/types";
import type { FieldPath } from "../../manifest.ts";
import { portNameProblem } from "./names.ts";
import type { Rules } from "./rule-context.ts";

export type ContainerRole = "container" | "init" | "sidecar";
const PROBES = ["livenessProbe", "readinessProbe", "startupProbe"] as const;

export function checkHandlers(rules: Rules, container: Container, at: FieldPath, role: ContainerRole): void {
  const ports = new Set((container.ports ?? []).flatMap(({ name }) => (name === undefined ? [] : [name])));
  for (const name of PROBES) {
    const probe = container[name];
    if (probe === undefined) continue;
    if (role === "init") forbidInit(rules, [...at, name]);
    else checkProbe(rules, probe, [...at, name], ports);
  }
  const { lifecycle } = container;
  if (lifecycle === undefined) return;
  for (const name of ["postStart", "preStop"] as const) {
    const handler = lifecycle[name];
    if (handler === undefined) continue;
    if (role === "init") forbidInit(rules, [...at, "lifecycle", name]);
    else checkHook(rules, handler, [...at, "lifecycle", name], ports);
  }
}

function forbidInit(rules: Rules, path: FieldPath): void {
  rules.findings.errorAtKey(
    path,
    "forbidden: an init container runs to its end before the others",
    "a sidecar has restartPolicy: Always",
  );
}

function checkProbe(rules: Rules, probe: Probe, at: FieldPath, ports: ReadonlySet<string>): void {
  rules.exactlyOne(at, probe, ["exec", "httpGet", "tcpSocket", "grpc"], "a probe needs a handler");
  checkActions(rules, probe, at, ports);
  if (probe.grpc !== undefined) rules.between([...at, "grpc", "port"], probe.grpc.port, 1, 65535);
  rules.atLeast([...at, "initialDelaySeconds"], probe.initialDelaySeconds, 0);
  rules.atLeast([...at, "periodSeconds"], probe.periodSeconds, 1);
  rules.atLeast([...at, "timeoutSeconds"], probe.timeoutSeconds, 1);
  rules.atLeast([...at, "failureThreshold"], probe.failureThreshold, 1);
  rules.atLeast([...at, "successThreshold"], probe.successThreshold, 1);
  rules.atLeast([...at, "terminationGracePeriodSeconds"], probe.terminationGracePeriodSeconds, 1);
  const kind = at.at(-1);
  if (kind !== "readinessProbe" && (probe.successThreshold ?? 1) > 1)
    rules.findings.error(
      [...at, "successThreshold"],
      `invalid value ${probe.successThreshold ?? 1}: must be 1`,
    );
  if (kind === "readinessProbe" && probe.terminationGracePeriodSeconds !== undefined)
    rules.findings.errorAtKey(
      [...at, "terminationGracePeriodSeconds"],
      "forbidden: a readiness probe ends nothing",
    );
}

function checkHook(rules: Rules, hook: LifecycleHandler, at: FieldPath, ports: ReadonlySet<string>): void {
  rules.exactlyOne(at, hook, ["exec", "httpGet", "tcpSocket", "sleep"], "a hook needs a handler");
  checkActions(rules, hook, at, ports);
  if (hook.sleep !== undefined) rules.atLeast([...at, "sleep", "seconds"], hook.sleep.seconds, 0);
}

function checkActions(
  rules: Rules,
  handler: Pick<Probe, "exec" | "httpGet" | "tcpSocket">,
  at: FieldPath,
  ports: ReadonlySet<string>,
): void {
  const { exec, httpGet, tcpSocket } = handler;
  if (exec !== undefined && (exec.command ?? []).length === 0) rules.required([...at, "exec", "command"]);
  if (httpGet !== undefined) {
    checkPort(rules, httpGet, [...at, "httpGet"], ports);
    for (const [index, { name }] of (httpGet.httpHeaders ?? []).entries())
      if (!/^[-!#$%&'*+.^_`|~0-9A-Za-z]+$/.test(name))
        rules.findings.error(
          [...at, "httpGet", "httpHeaders", index, "name"],
          `invalid value "${name}": not a header's name`,
        );
  }
  if (tcpSocket !== undefined) checkPort(rules, tcpSocket, [...at, "tcpSocket"], ports);
}

function checkPort(
  rules: Rules,
  action: HTTPGetAction | TCPSocketAction,
  at: FieldPath,
  ports: ReadonlySet<string>,
): void {
  const path = [...at, "port"];
  const { port } = action;
  if (typeof port === "number") rules.between(path, port, 1, 65535);
  else if (ports.has(port)) return;
  else if (/^\d+$/.test(port))
    rules.findings.error(path, `expected an integer, got the string "${port}"`, "remove the quotes");
  else if (portNameProblem(port) !== undefined) rules.report(path, portNameProblem(port));
  else rules.findings.error(path, `not found: the container has no port named "${port}"`);
}

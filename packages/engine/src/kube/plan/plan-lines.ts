/** The text of `kube play --dry-run`: one line per step, in the order of execution. */
import { startedPods } from "./jobs.ts";
import type { PlannedContainer, PlannedHostPath, PlannedJob, PlannedPod, PlayPlan } from "../play-plan.ts";
import { showPort } from "./played.ts";

/** With `--start=false`, pods are made only. */
export function planLines(
  plan: PlayPlan,
  { start }: { readonly start: boolean } = { start: true },
): string[] {
  const { pods } = plan;
  return [
    ...pulls(plan),
    ...plan.networks.map((name) => `create network ${name}`),
    ...plan.volumes.flatMap(({ request: { name = "" }, importSource }) => [
      `create volume ${name}`,
      ...(importSource === undefined ? [] : [`fill volume ${name} from ${importSource}`]),
    ]),
    ...pods.flatMap(({ hostPaths }) => hostPaths.map(hostPathLine)),
    ...pods.flatMap(podLines),
    ...plan.jobs.map(jobLine),
    ...(start ? startedPods(plan).map(({ request }) => `start pod ${request.name}`) : []),
    ...plan.secrets.map(({ name }) => `create secret ${name}`),
  ];
}

function jobLine({ name, spec }: PlannedJob): string {
  const { completions, parallelism, backoffLimit } = spec;
  const wanted = completions === undefined ? "" : `${completions} completions, `;
  return `create job ${name} (${wanted}${parallelism} at a time, ${backoffLimit} failures allowed)`;
}

function pulls({ pods }: PlayPlan): string[] {
  const lines = pods
    .flatMap(({ containers }) => containers)
    .flatMap(({ request, images }) => [{ reference: request.image, policy: request.pull }, ...images])
    .map(({ reference, policy }) => `pull image ${reference} (${policy})`);
  return [...new Set(lines)];
}

function hostPathLine({ hostPath, type }: PlannedHostPath): string {
  const made = type === "DirectoryOrCreate" || type === "FileOrCreate";
  return `${made ? "create where missing" : "check"} host path ${hostPath}${type === "" ? "" : ` (${type})`}`;
}

function podLines({ request, containers }: PlannedPod): string[] {
  const ports = request.ports.map((port) => `${showPort(port)}${port.protocol === "tcp" ? "/tcp" : ""}`);
  const shown = ports.length === 0 ? "" : ` (ports ${ports.join(", ")})`;
  const verb = request.replace ? "create or replace" : "create";
  return [`${verb} pod ${request.name}${shown}`, ...containers.map(containerLine)];
}

const KINDS = { once: "init container", always: "init container", sidecar: "sidecar container" } as const;

function containerLine({ request: { initContainer, name = "", image } }: PlannedContainer): string {
  const kind = initContainer === undefined ? "container" : KINDS[initContainer];
  return `create ${kind} ${name} (image ${image})`;
}

/** The text of `kube play --dry-run`: one line per step, in the order of execution. */
import type { PlannedContainer, PlannedPod, PlayPlan } from "../play-plan.ts";
import { showPort } from "./played.ts";

export function planLines(
  plan: PlayPlan,
  { start }: { readonly start: boolean } = { start: true },
): string[] {
  return [
    ...plan.networks.map((name) => `create network ${name}`),
    ...pulls(plan),
    ...plan.volumes.flatMap(({ request, importSource }) => [
      `create volume ${request.name ?? ""}`,
      ...(importSource === undefined ? [] : [`fill volume ${request.name ?? ""} from ${importSource}`]),
    ]),
    ...plan.secrets.map(({ name }) => `create secret ${name}`),
    ...plan.pods.flatMap(podLines),
    ...(start ? plan.pods.map(({ request }) => `start pod ${request.name}`) : []),
  ];
}

function pulls({ pods }: PlayPlan): string[] {
  const all = pods.flatMap(({ containers }) => containers);
  const lines = all.flatMap(({ request, images }) =>
    [{ reference: request.image, policy: request.pull }, ...images].map(
      ({ reference, policy }) => `pull image ${reference} (${policy})`,
    ),
  );
  return [...new Set(lines)];
}

function podLines({ request, containers, hostPaths }: PlannedPod): string[] {
  const paths = hostPaths.map(({ hostPath, type }) => {
    const make = type === "DirectoryOrCreate" || type === "FileOrCreate";
    return `${make ? "make where missing" : "check"} host path ${hostPath}${type === "" ? "" : ` (${type})`}`;
  });
  const verb = request.replace ? "create or replace" : "create";
  const ports = request.ports.map((port) => `${showPort(port)}${port.protocol === "tcp" ? "/tcp" : ""}`);
  const shown = ports.length === 0 ? "" : ` (ports ${ports.join(", ")})`;
  return [...paths, `${verb} pod ${request.name}${shown}`, ...containers.map(containerLine)];
}

function containerLine({ request }: PlannedContainer): string {
  const { initContainer: kind, name = "", image } = request;
  const what = kind === undefined ? "container" : kind === "sidecar" ? "sidecar container" : "init container";
  return `create ${what} ${name} (image ${image})`;
}

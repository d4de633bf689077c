/** Containers that stand alone, together in one pod that is named after the first. */
import type { Labels } from "@podwright/spec/engine-api/common";
import type { ContainerConfig, ContainerRecord } from "../../ports/container-record.ts";
import type { Writing } from "./context.ts";
import { type Generating, namedMembers, writePod } from "./from-pod.ts";
import { objectName } from "./names.ts";

export function generateFromContainers(generating: Generating, records: readonly ContainerRecord[]): void {
  const { writing, request } = generating;
  const configs = records.map(({ config }) => config);
  const [first] = configs;
  if (first === undefined) return;
  const name = `${objectName(first.name)}-pod`;
  writePod(generating, {
    subject: `pod ${name}`,
    name,
    created: Math.min(...configs.map(({ created }) => created)),
    labels: labelsOf(writing, configs),
    members: namedMembers(writing, configs, (config) => config.name),
    noTrunc: request.noTrunc,
  });
}

/** Kubernetes has labels of pods only: the pod takes those of its containers, except for the images' own. */
function labelsOf(writing: Writing, configs: readonly ContainerConfig[]): Labels {
  const result: Record<string, string> = {};
  for (const config of configs) {
    const image = writing.image(config).Labels ?? {};
    for (const [key, value] of Object.entries(config.labels)) {
      if (image[key] !== value && !key.startsWith("io.containers.autoupdate")) result[key] ??= value;
    }
  }
  return result;
}

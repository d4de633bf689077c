/** One container of a pod: what its image does not say, and what cannot be said. */
import type { Container, ContainerPort } from "@podwright/spec/kube/types";
import type { ContainerConfig } from "../../ports/container-record.ts";
import { noteContainerLosses } from "./container-losses.ts";
import { subjectOf, type Writing } from "./context.ts";
import { compact, whenAny } from "./members.ts";
import { lifecycleOf, probeFields } from "./probes.ts";
import { processFields } from "./process-fields.ts";
import { resourcesOf } from "./resource-fields.ts";
import { securityContext } from "./security-fields.ts";
import type { VolumeWriter } from "./volumes.ts";

export interface ContainerParts {
  /** Its name in the manifest. */
  readonly name: string;
  readonly ports: readonly ContainerPort[];
  readonly volumes: VolumeWriter;
}

export function containerObject(writing: Writing, config: ContainerConfig, parts: ContainerParts): Container {
  const lost = (text: string): void => writing.losses.add(subjectOf(config), text);
  noteContainerLosses(writing, config);
  const ends = config.initContainer !== undefined && config.initContainer !== "sidecar";
  const watched = {
    ...probeFields(writing, config),
    ...compact({ lifecycle: lifecycleOf(writing, config) }),
  };
  if (ends && Object.keys(watched).length > 0) {
    lost("probes, hooks and a stop signal are left out: Kubernetes has none for init containers that end");
  }
  return compact<Container>({
    name: parts.name,
    image: imageReference(config, lost),
    ...processFields(writing, config),
    ...(ends ? {} : watched),
    ports: whenAny(parts.ports),
    resources: resourcesOf(config.limits, lost),
    restartPolicy: config.initContainer === "sidecar" ? "Always" : undefined,
    securityContext: securityContext(writing, config),
    volumeMounts: whenAny(parts.volumes.mounts(config)),
  });
}

/** An image without a name has only an id, which no registry knows. */
function imageReference({ image }: ContainerConfig, lost: (text: string) => void): string {
  if (image.name !== "" && !image.id.startsWith(image.name)) return image.name;
  lost(`the image ${image.id.slice(0, 12)} has no name: only this machine knows it`);
  return image.name === "" ? image.id : image.name;
}

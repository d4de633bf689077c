/** A volume as a PersistentVolumeClaim, with Podman's annotations for what a claim cannot say. */
import type { PersistentVolumeClaim } from "@podwright/spec/kube/types";
import type { PodStore } from "../../ports/store.ts";
import type { VolumeRecord } from "../../ports/volume-record.ts";
import type { Losses } from "./losses.ts";
import { timestamp, validLabels } from "./metadata.ts";
import { compact } from "./members.ts";
import { claimName } from "./names.ts";

const PREFIX = "volume.podman.io/";
/** Options of the driver "local" that have annotations. */
const OPTIONS: Readonly<Record<string, string>> = {
  o: "mount-options",
  device: "device",
  type: "type",
};

/** A volume that a claim of a manifest made is given back as that claim. */
export function claimOf(pods: Pick<PodStore, "list">, volume: VolumeRecord, losses: Losses): object {
  for (const { config } of pods.list()) {
    const played = config.played?.objects.find(
      ({ kind, metadata }) =>
        kind === "PersistentVolumeClaim" &&
        (metadata as { readonly name?: unknown } | undefined)?.name === volume.name,
    );
    if (played !== undefined) return played;
  }
  return writtenClaim(volume, losses);
}

function writtenClaim(volume: VolumeRecord, losses: Losses): PersistentVolumeClaim {
  const subject = `volume ${volume.name}`;
  const name = claimName(volume.name);
  if (name !== volume.name) losses.add(subject, `it is called ${name}, for Kubernetes takes no other name`);
  return {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: compact({
      name,
      annotations: annotationsOf(volume, (text) => losses.add(subject, text)),
      creationTimestamp: timestamp(volume.created),
      labels: validLabels(volume.labels, (text) => losses.add(subject, text)),
    }),
    // Every claim names an amount; volumes here have none.
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
  };
}

function annotationsOf(volume: VolumeRecord, lost: (text: string) => void): Record<string, string> {
  const result: Record<string, string> = { [`${PREFIX}driver`]: volume.driver };
  for (const [key, value] of Object.entries(volume.options)) {
    const name = OPTIONS[key];
    if (name === undefined) lost(`the option ${key} is left out`);
    else result[`${PREFIX}${name}`] = value;
  }
  if (volume.uid !== 0) result[`${PREFIX}uid`] = String(volume.uid);
  if (volume.gid !== 0) result[`${PREFIX}gid`] = String(volume.gid);
  return result;
}

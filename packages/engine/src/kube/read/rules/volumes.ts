/** A pod's volumes: one source each, and what each source demands. */
import type {
  ConfigMapVolumeSource,
  DownwardAPIVolumeFile,
  KeyToPath,
  ProjectedVolumeSource,
  Volume,
} from "@podwright/spec/kube/types";
import { parseQuantity } from "@podwright/spec/kube/quantity";
import type { SupportTable } from "@podwright/spec/kube/support";
import type { FieldPath } from "../../manifest.ts";
import { unsupportedValue } from "../structure.ts";
import { checkFieldPath, checkResourceField } from "./downward.ts";
import {
  absolutePathProblem,
  configKeyProblem,
  dnsLabelProblem,
  dnsSubdomainProblem,
  filePathProblem,
  invalid,
} from "./names.ts";
import type { Rules } from "./rule-context.ts";

/** What may be said of a volume that cannot exist here, by the volume's name: for those who mount it. */
export type Unmountable = ReadonlyMap<string, { readonly source: string; readonly why: string }>;

interface Pod {
  readonly volumes: readonly Volume[];
  readonly containers: ReadonlySet<string>;
  readonly mounted: ReadonlySet<string>;
}

export function checkVolumes(rules: Rules, pod: Pod, support: SupportTable, path: FieldPath): Unmountable {
  const seen = new Set<string>();
  const unmountable = new Map<string, { source: string; why: string }>();
  for (const [index, volume] of pod.volumes.entries()) {
    const at = [...path, index];
    rules.name([...at, "name"], volume.name, dnsLabelProblem);
    rules.unique([...at, "name"], volume.name, seen);
    const sources = Object.keys(volume).filter((name) => name !== "name");
    for (const extra of sources.slice(1))
      rules.findings.errorAtKey(
        [...at, extra],
        `forbidden: volume "${volume.name}" has the source "${sources[0] ?? ""}" already`,
      );
    for (const source of sources.slice(0, 1)) {
      const row = support.of("Volume", source);
      if (row.state !== "unmountable") continue;
      unmountable.set(volume.name, { source, why: row.why });
      if (!pod.mounted.has(volume.name))
        rules.findings.warnAtKey([...at, source], `"${source}" is ignored: ${row.why}`);
    }
    checkSource(rules, volume, at, pod.containers);
  }
  return unmountable;
}

function checkSource(rules: Rules, volume: Volume, at: FieldPath, containers: ReadonlySet<string>): void {
  const { hostPath, emptyDir, configMap, secret, projected, downwardAPI, persistentVolumeClaim, image } =
    volume;
  if (hostPath !== undefined) {
    const path = [...at, "hostPath", "path"];
    rules.name(path, hostPath.path, absolutePathProblem);
    if (hostPath.path.split("/").includes(".."))
      rules.report(path, invalid(hostPath.path, 'must not contain ".."'));
  }
  if (emptyDir !== undefined) {
    const { medium = "", sizeLimit } = emptyDir;
    if (medium !== "" && medium !== "Memory")
      unsupportedValue(rules.findings, [...at, "emptyDir", "medium"], medium, ["", "Memory"]);
    if (sizeLimit !== undefined && (parseQuantity(sizeLimit) ?? 0n) < 0n)
      rules.report([...at, "emptyDir", "sizeLimit"], invalid(sizeLimit, "must not be negative"));
  }
  if (configMap !== undefined) {
    rules.name([...at, "configMap", "name"], configMap.name, dnsSubdomainProblem);
    checkFiles(rules, configMap, [...at, "configMap"]);
  }
  if (secret !== undefined) {
    rules.name([...at, "secret", "secretName"], secret.secretName, dnsSubdomainProblem);
    checkFiles(rules, secret, [...at, "secret"]);
  }
  if (projected !== undefined) checkProjected(rules, projected, [...at, "projected"], containers);
  if (downwardAPI !== undefined) {
    rules.mode([...at, "downwardAPI", "defaultMode"], downwardAPI.defaultMode);
    checkDownwardFiles(rules, downwardAPI.items ?? [], [...at, "downwardAPI", "items"], containers);
  }
  if (persistentVolumeClaim !== undefined)
    rules.name(
      [...at, "persistentVolumeClaim", "claimName"],
      persistentVolumeClaim.claimName,
      dnsSubdomainProblem,
    );
  if (image !== undefined && (image.reference ?? "") === "") rules.required([...at, "image", "reference"]);
}

function checkFiles(
  rules: Rules,
  source: Pick<ConfigMapVolumeSource, "defaultMode" | "items">,
  at: FieldPath,
): void {
  rules.mode([...at, "defaultMode"], source.defaultMode);
  checkItems(rules, source.items ?? [], [...at, "items"], new Set());
}

function checkItems(rules: Rules, items: readonly KeyToPath[], at: FieldPath, paths: Set<string>): void {
  for (const [index, item] of items.entries()) {
    rules.name([...at, index, "key"], item.key, configKeyProblem);
    rules.name([...at, index, "path"], item.path, filePathProblem);
    rules.unique([...at, index, "path"], item.path, paths);
    rules.mode([...at, index, "mode"], item.mode);
  }
}

function checkProjected(
  rules: Rules,
  projected: ProjectedVolumeSource,
  at: FieldPath,
  containers: ReadonlySet<string>,
): void {
  rules.mode([...at, "defaultMode"], projected.defaultMode);
  const paths = new Set<string>();
  for (const [index, source] of (projected.sources ?? []).entries()) {
    const here = [...at, "sources", index];
    // Refused by the support table, which has said so.
    if (source.clusterTrustBundle !== undefined || source.podCertificate !== undefined) continue;
    const chosen = rules.exactlyOne(
      here,
      source,
      ["configMap", "secret", "downwardAPI", "serviceAccountToken"],
      "a projection needs a source",
    );
    if (chosen === "configMap" || chosen === "secret") {
      rules.name([...here, chosen, "name"], source[chosen]?.name, dnsSubdomainProblem);
      checkItems(rules, source[chosen]?.items ?? [], [...here, chosen, "items"], paths);
    }
    if (chosen === "downwardAPI")
      checkDownwardFiles(rules, source.downwardAPI?.items ?? [], [...here, chosen, "items"], containers);
  }
}

function checkDownwardFiles(
  rules: Rules,
  files: readonly DownwardAPIVolumeFile[],
  at: FieldPath,
  containers: ReadonlySet<string>,
): void {
  const paths = new Set<string>();
  for (const [index, file] of files.entries()) {
    const here = [...at, index];
    rules.name([...here, "path"], file.path, filePathProblem);
    rules.unique([...here, "path"], file.path, paths);
    rules.mode([...here, "mode"], file.mode);
    rules.exactlyOne(here, file, ["fieldRef", "resourceFieldRef"], "the file needs a source");
    if (file.fieldRef !== undefined) checkFieldPath(rules, file.fieldRef, [...here, "fieldRef"], "volume");
    if (file.resourceFieldRef !== undefined)
      checkResourceField(rules, file.resourceFieldRef, [...here, "resourceFieldRef"], containers);
  }
}

/** References to the pod's own fields (fieldRef) and to its containers' resources (resourceFieldRef). */
import type { ObjectFieldSelector, ResourceFieldSelector } from "@podwright/spec/kube/types";
import { parseQuantity } from "@podwright/spec/kube/quantity";
import type { FieldPath } from "../../manifest.ts";
import { unsupportedValue } from "../structure.ts";
import { invalid } from "./names.ts";
import type { Rules } from "./rule-context.ts";

const EVERYWHERE = ["metadata.name", "metadata.namespace", "metadata.uid"];
const IN_VARIABLES = [
  "spec.nodeName",
  "spec.serviceAccountName",
  "status.hostIP",
  "status.hostIPs",
  "status.podIP",
  "status.podIPs",
];
const IN_VOLUMES = ["metadata.labels", "metadata.annotations"];
const ONE_OF_MAP = /^metadata\.(?:labels|annotations)\['[^']+'\]$/;
const RESOURCES = [
  "limits.cpu",
  "limits.memory",
  "limits.ephemeral-storage",
  "requests.cpu",
  "requests.memory",
  "requests.ephemeral-storage",
];

export function checkFieldPath(
  rules: Rules,
  ref: ObjectFieldSelector,
  at: FieldPath,
  place: "variable" | "volume",
): void {
  const path = [...at, "fieldPath"];
  if (ref.fieldPath === "") return rules.required(path);
  if (ref.apiVersion !== undefined && ref.apiVersion !== "v1")
    unsupportedValue(rules.findings, [...at, "apiVersion"], ref.apiVersion, ["v1"]);
  if (ONE_OF_MAP.test(ref.fieldPath)) return;
  const known = [...EVERYWHERE, ...(place === "variable" ? IN_VARIABLES : IN_VOLUMES)];
  if (known.includes(ref.fieldPath)) return;
  if (IN_VOLUMES.includes(ref.fieldPath) || IN_VARIABLES.includes(ref.fieldPath)) {
    const where = place === "variable" ? "a file of a downwardAPI volume" : "an environment variable";
    return rules.report(path, invalid(ref.fieldPath, `only ${where} can have it`));
  }
  unsupportedValue(rules.findings, path, ref.fieldPath, [...known, ...mapsAsKeys()]);
}

function mapsAsKeys(): readonly string[] {
  return ["metadata.labels['<KEY>']", "metadata.annotations['<KEY>']"];
}

/** `containers`: those of the pod, where the reference has to name one. */
export function checkResourceField(
  rules: Rules,
  ref: ResourceFieldSelector,
  at: FieldPath,
  containers?: ReadonlySet<string>,
): void {
  if (ref.resource === "") rules.required([...at, "resource"]);
  else if (!RESOURCES.includes(ref.resource) && !/^(?:limits|requests)\.hugepages-/.test(ref.resource))
    unsupportedValue(rules.findings, [...at, "resource"], ref.resource, RESOURCES);
  const name = ref.containerName ?? "";
  if (containers !== undefined && name === "") rules.required([...at, "containerName"]);
  if (containers !== undefined && name !== "" && !containers.has(name))
    rules.findings.error([...at, "containerName"], `not found: the pod has no container "${name}"`);
  if (ref.divisor !== undefined && (parseQuantity(ref.divisor) ?? 1n) < 0n)
    rules.report([...at, "divisor"], invalid(ref.divisor, "must not be negative"));
}

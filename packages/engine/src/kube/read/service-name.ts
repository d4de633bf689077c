/** What of a Service has an effect here: its name, for the pods that it selects. */
import type { ServiceName } from "../manifest.ts";
import type { ObjectFindings } from "./findings.ts";
import { type Located, memberOf } from "./located.ts";

/** Empty for one without a name or a selector. Ports that a cluster would map are told: a name cannot do that. */
export function readService(root: Located, name: string, findings: ObjectFindings): readonly ServiceName[] {
  const spec = memberOf(root, "spec");
  const selector = spec === undefined ? undefined : memberOf(spec, "selector");
  if (name === "" || spec === undefined || selector?.kind !== "map") return [];
  const pairs = [...selector.members].flatMap(([key, { value }]) =>
    value.kind === "scalar" && value.type === "string" ? [[key, String(value.value)] as const] : [],
  );
  if (pairs.length === 0 || pairs.length < selector.members.size) return [];
  tellMappedPorts(spec, findings);
  return [{ name, selector: Object.fromEntries(pairs) }];
}

function tellMappedPorts(spec: Located, findings: ObjectFindings): void {
  const ports = memberOf(spec, "ports");
  if (ports?.kind !== "list") return;
  for (const [index, item] of ports.items.entries()) {
    const [port, target] = [numberOf(item, "port"), numberOf(item, "targetPort")];
    if (port === undefined || target === undefined || port === target) continue;
    const path = ["spec", "ports", index, "targetPort"];
    findings.warn(
      path,
      `port ${port} does not lead to ${target}: the name is the pod's own`,
      `use port ${target}`,
    );
  }
}

function numberOf(item: Located, name: string): number | undefined {
  const value = memberOf(item, name);
  return value?.kind === "scalar" && typeof value.value === "number" ? value.value : undefined;
}

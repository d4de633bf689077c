/** Requests and limits of a container. */
import type { ResourceRequirements } from "@podwright/spec/kube/types";
import { type Nanos, parseQuantity } from "@podwright/spec/kube/quantity";
import { nearestWord } from "../../../base/edit-distance.ts";
import type { FieldPath } from "../../manifest.ts";
import { invalid, qualifiedNameProblem } from "./names.ts";
import type { Rules } from "./rule-context.ts";

const STANDARD = ["cpu", "memory", "ephemeral-storage"];
const WHOLE = 1_000_000_000n;

export function checkResources(rules: Rules, resources: ResourceRequirements, at: FieldPath): void {
  const { limits = {}, requests = {} } = resources;
  for (const [name, value] of Object.entries(limits))
    checkAmount(rules, name, value, [...at, "limits", name]);
  for (const [name, value] of Object.entries(requests)) {
    const path = [...at, "requests", name];
    const amount = checkAmount(rules, name, value, path);
    const limit = Object.hasOwn(limits, name) ? parseQuantity(limits[name] ?? 0) : undefined;
    if (amount !== undefined && limit !== undefined && amount > limit)
      rules.report(path, invalid(value, `must not be more than the limit of "${String(limits[name])}"`));
  }
}

function checkAmount(rules: Rules, name: string, value: string | number, path: FieldPath): Nanos | undefined {
  const amount = parseQuantity(value);
  if (!STANDARD.includes(name) && !name.startsWith("hugepages-")) {
    if (!name.includes("/")) {
      const meant = nearestWord(name, STANDARD);
      const hint =
        meant === undefined
          ? "others are written with their domain: example.com/gpu"
          : `did you mean "${meant}"?`;
      rules.findings.errorAtKey(path, `invalid value "${name}": not a resource`, hint);
      return undefined;
    }
    // A device by its name (podman.io/device=/dev/fuse) is Podman's: planning knows what becomes of it.
    if (!name.includes("=")) rules.reportKey(path, qualifiedNameProblem(name));
    if (amount !== undefined && amount % WHOLE !== 0n)
      rules.report(path, invalid(value, "must be an integer"));
  }
  if (amount === undefined) return undefined;
  if (amount < 0n) rules.report(path, invalid(value, "must not be negative"));
  else if (name !== "cpu" && amount % WHOLE !== 0n && !name.includes("/")) warnFraction(rules, value, path);
  return amount;
}

/** "512m" of memory is half a byte. */
function warnFraction(rules: Rules, value: string | number, path: FieldPath): void {
  const millis = /^(\d+)m$/.exec(String(value))?.[1];
  const hint = millis === undefined ? undefined : `did you mean "${millis}Mi"?`;
  rules.findings.warn(path, `"${value}" is a fraction of a byte`, hint);
}

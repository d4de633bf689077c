/** `resourceFieldRef`: a container's requests and limits as numbers, in units of the divisor, rounded up. */
import type { Container, ResourceFieldSelector } from "@podwright/spec/kube/types";
import { divideUp, type Nanos, parseQuantity } from "@podwright/spec/kube/quantity";
import { type Place, quote } from "./place.ts";
import type { PodScope } from "./scope.ts";

const CPU_DIVISORS = ["1", "1m"];
const BYTE_DIVISORS = "1 1k 1M 1G 1T 1P 1E 1Ki 1Mi 1Gi 1Ti 1Pi 1Ei".split(" ");

/** `own` is the container that asks, where one does. Undefined, and told, when there is no such value. */
export function resourceField(
  scope: PodScope,
  selector: ResourceFieldSelector,
  place: Place,
  own?: Container,
): string | undefined {
  const container = containerOf(scope, selector, place, own);
  const [, side, resource] =
    /^(limits|requests)\.(cpu|memory|ephemeral-storage|hugepages-.+)$/.exec(selector.resource) ?? [];
  if (resource === undefined || (side !== "limits" && side !== "requests")) {
    place
      .at("resource")
      .error(
        `resource ${selector.resource} is either not valid or not supported`,
        "one of limits.cpu, limits.memory, limits.ephemeral-storage, requests.cpu, requests.memory, requests.ephemeral-storage",
      );
    return undefined;
  }
  const divisor = divisorOf(selector, resource, place);
  if (container === undefined || divisor === undefined) return undefined;
  const value = valueOf(scope, container, side, resource);
  if (value === undefined) {
    place
      .at("resource")
      .error(
        `container ${quote(container.name)} has no ${selector.resource}, and the node's is not known`,
        `set resources.${selector.resource} of the container`,
      );
    return undefined;
  }
  return String(divideUp(value, divisor));
}

function containerOf(
  { workload }: PodScope,
  { containerName }: ResourceFieldSelector,
  place: Place,
  own: Container | undefined,
): Container | undefined {
  if (containerName === undefined || containerName === "") {
    if (own === undefined) place.error("containerName is required: a volume belongs to no container");
    return own;
  }
  const all = [...(workload.spec.initContainers ?? []), ...workload.spec.containers];
  const found = all.find(({ name }) => name === containerName);
  if (found === undefined) {
    place
      .at("containerName")
      .error(
        `there is no container ${quote(containerName)} in the pod`,
        `its containers are: ${all.map(({ name }) => name).join(", ")}`,
      );
  }
  return found;
}

function divisorOf({ divisor }: ResourceFieldSelector, resource: string, place: Place): Nanos | undefined {
  const text = divisor === undefined || String(divisor) === "0" ? "1" : String(divisor);
  const known = resource === "cpu" ? CPU_DIVISORS : BYTE_DIVISORS;
  if (known.includes(text)) return parseQuantity(text);
  place
    .at("divisor")
    .error(`divisor ${quote(text)} is not valid for ${resource}`, `one of ${known.join(", ")}`);
  return undefined;
}

/** A request that is not set is the limit; a limit that is not set is what the machine has. */
function valueOf(
  { facts }: PodScope,
  { resources }: Container,
  side: "limits" | "requests",
  resource: string,
): Nanos | undefined {
  const limit = quantity(resources?.limits?.[resource]);
  if (side === "requests") return quantity(resources?.requests?.[resource]) ?? limit ?? 0n;
  if (limit !== undefined) return limit;
  if (resource === "cpu") return quantity(facts.hostCpus);
  return resource === "memory" ? quantity(facts.hostMemory) : undefined;
}

function quantity(value: string | number | undefined): Nanos | undefined {
  return value === undefined ? undefined : parseQuantity(value);
}

/** The filters of `pod ps`: a pod is shown when it passes all keys; values of one key are alternatives, labels not. */
import type { Filters } from "@podwright/spec/engine-api/common";
import type { PodSummary } from "@podwright/spec/engine-api/pods";
import { matchesState } from "@podwright/spec/libpod-api/state-names";
import { matchesId, matchesLabels, matchesPattern, untilFilter } from "@podwright/spec/values/filter";
import { invalidValue } from "@podwright/spec/values/value-error";
import { networksByName } from "../container/filters.ts";
import type { PodViewContext } from "./view-context.ts";

export type PodTest = (pod: PodSummary) => boolean;
type FilterContext = Pick<PodViewContext, "store" | "clock">;
type FilterMaker = (values: readonly string[], ctx: FilterContext) => PodTest;

const MEMBER_STATES = ["created", "running", "paused", "stopped", "exited", "unknown"];
const POD_STATES = ["stopped", "running", "paused", "exited", "dead", "created", "degraded"];

const MAKERS: Readonly<Record<string, FilterMaker>> = {
  "ctr-ids": (values) => (pod) => pod.containers.some((member) => matchesId(member.id, values)),
  "ctr-names": (values) => (pod) => pod.containers.some((member) => matchesPattern(member.name, values)),
  "ctr-number": (values) => (pod) => values.some((value) => value === String(pod.containers.length)),
  "ctr-status": (values) => {
    refuseOthers(values, MEMBER_STATES, "is not a valid status");
    return (pod) => pod.containers.some((member) => matchesState(member.status, values));
  },
  id: (values) => (pod) => matchesId(pod.id, values),
  name: (values) => (pod) => matchesPattern(pod.name, values),
  status: (values) => {
    refuseOthers(values, POD_STATES, "is not a valid pod status");
    return (pod) => values.includes(pod.status.toLowerCase());
  },
  label: (values) => (pod) => matchesLabels(pod.labels, values),
  "label!": (values) => (pod) => !matchesLabels(pod.labels, values),
  until: (values, ctx) => {
    const limit = untilFilter(values, ctx.clock.now());
    return (pod) => pod.created < limit;
  },
  network: (values, ctx) => {
    const names = networksByName(values, ctx.store);
    return (pod) => pod.networks.some((name) => names.includes(name));
  },
};

/** @throws VALUE_INVALID */
export function podTests(filters: Filters, ctx: FilterContext): PodTest[] {
  return Object.entries(filters).map(([key, values]) => {
    const maker = Object.hasOwn(MAKERS, key) ? MAKERS[key] : undefined;
    if (maker === undefined) throw invalidValue(`${key} is an invalid filter`);
    return maker(values, ctx);
  });
}

function refuseOthers(values: readonly string[], known: readonly string[], complaint: string): void {
  const wrong = values.find((value) => !known.includes(value));
  if (wrong !== undefined) throw invalidValue(`${wrong} ${complaint}`);
}

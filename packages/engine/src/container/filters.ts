/** The filters of `ps`: each key is a test on a candidate; a container is shown when it passes all of them. */
import type { Filters } from "@podwright/spec/engine-api/common";
import type { EngineError } from "@podwright/spec/errors/engine-error";
import { isEngineError } from "@podwright/spec/errors/engine-error";
import { isStateName, matchesState } from "@podwright/spec/libpod-api/state-names";
import {
  matchesAnyLabel,
  matchesId,
  matchesLabels,
  matchesPattern,
  untilFilter,
} from "@podwright/spec/values/filter";
import { invalidValue } from "@podwright/spec/values/value-error";
import type { ContainerRecord } from "../ports/container-record.ts";
import type { PodRecord } from "../ports/pod-record.ts";
import type { Clock } from "../ports/ids.ts";
import type { Store } from "../ports/store.ts";
import { policyOf, startsOnBoot } from "./boot-policy.ts";
import { joinedNetworks } from "./joined-networks.ts";
import type { ContainerNow } from "./view-context.ts";
import { isRestartDue } from "./restart-due.ts";

/** `now` is read from the kernel when a filter first asks for it. */
export interface Candidate {
  readonly record: ContainerRecord;
  readonly pod: PodRecord | undefined;
  readonly now: ContainerNow;
}

export type ContainerTest = (candidate: Candidate) => boolean;

interface FilterContext {
  readonly store: Store;
  readonly clock: Clock;
}

type FilterMaker = (values: readonly string[], ctx: FilterContext) => ContainerTest;

const MAKERS: Readonly<Record<string, FilterMaker>> = {
  id: (values) => (c) => matchesId(c.record.config.id, values),
  name: (values) => {
    const patterns = values.map((value) => value.replaceAll("/", ""));
    return (c) => matchesPattern(c.record.config.name, patterns);
  },
  label: (values) => (c) => matchesLabels(c.record.config.labels, values),
  "label!": (values) => (c) => !matchesLabels(c.record.config.labels, values),
  annotation: (values) => (c) => matchesLabels(c.record.config.annotations, values),
  "annotation!": (values) => (c) => !matchesAnyLabel(c.record.config.annotations, values),
  exited: exitedFilter,
  status: statusFilter,
  ancestor: (values) => (c) => values.some((value) => isAncestor(c.record, value)),
  before: (values, ctx) => {
    const limit = earliest(values, ctx);
    return (c) => c.record.config.created < limit;
  },
  since: (values, ctx) => {
    const limit = earliest(values, ctx);
    return (c) => c.record.config.created > limit;
  },
  volume: (values) => (c) => values.some((value) => mountsVolume(c.record, value)),
  health: (values) => (c) => values.includes(c.now.health),
  pod: podFilter,
  network: networkFilter,
  "restart-policy": restartPolicyFilter,
  "should-start-on-boot": startOnBootFilter,
  until: (values, ctx) => {
    const limit = untilFilter(values, ctx.clock.now());
    return (c) => c.record.config.created < limit;
  },
  command: (values) => (c) => matchesPattern(c.record.config.process.command[0] ?? "", values),
};

/** @throws VALUE_INVALID, and CONTAINER_NOT_FOUND for `before` and `since` */
export function containerTests(filters: Filters, ctx: FilterContext): ContainerTest[] {
  return Object.entries(filters).map(([key, values]) => {
    const maker = Object.hasOwn(MAKERS, key) ? MAKERS[key] : undefined;
    if (maker === undefined) throw invalidValue(`${key} is an invalid filter`);
    return maker(values, ctx);
  });
}

function exitedFilter(values: readonly string[]): ContainerTest {
  const codes = values.map((value) => {
    if (!/^-?\d{1,10}$/.test(value)) throw invalidValue(`exited code out of range ${JSON.stringify(value)}`);
    return Number(value);
  });
  return (c) => hasExited(c.now) && codes.includes(c.now.exitCode);
}

/** True when a process of the container has run and ended. */
export function hasExited(now: ContainerNow): boolean {
  return now.status === "exited" || now.status === "stopped";
}

/** Docker's word, of a container that has ended and that its policy is about to start again. */
const RESTARTING = "restarting";

function statusFilter(values: readonly string[]): ContainerTest {
  const wrong = values.find((value) => value !== RESTARTING && !isStateName(value));
  if (wrong !== undefined) throw invalidValue(`unknown container state: ${wrong}: invalid argument`);
  return (c) =>
    matchesState(c.now.status, values) || (values.includes(RESTARTING) && isRestartDue(c.record.state));
}

/** An image by its id, or by a pattern on its name; the tag may be left out when it is `latest`. */
function isAncestor({ config }: ContainerRecord, value: string): boolean {
  const { id, name } = config.image;
  if (id !== "" && id === value.replace(/^sha256:/, "")) return true;
  if (name === "") return false;
  return matchesPattern(name, [value]) || matchesPattern(name.replace(/:latest$/, ""), [value]);
}

function earliest(values: readonly string[], ctx: FilterContext): number {
  return Math.min(...values.map((value) => ctx.store.containers.find(value).config.created));
}

/** `name`, `/destination` or `source:destination`. */
function mountsVolume({ config }: ContainerRecord, value: string): boolean {
  const colon = value.indexOf(":");
  if (colon === -1) {
    return config.mounts.some(
      (mount) => mount.destination === value || (mount.kind === "volume" && mount.source === value),
    );
  }
  const [source, destination] = [value.slice(0, colon), value.slice(colon + 1)];
  return config.mounts.some((mount) => mount.source === source && mount.destination === destination);
}

function podFilter(values: readonly string[], ctx: FilterContext): ContainerTest {
  const ids = values.flatMap((value) => found(() => ctx.store.pods.find(value).config.id, "POD_NOT_FOUND"));
  return (c) => c.record.config.podId !== "" && ids.includes(c.record.config.podId);
}

function networkFilter(values: readonly string[], ctx: FilterContext): ContainerTest {
  const names = networksByName(values, ctx.store);
  const sharers = values
    .filter((value) => value.startsWith("container:"))
    .flatMap((value) =>
      found(
        () => ctx.store.containers.find(value.slice("container:".length)).config.id,
        "CONTAINER_NOT_FOUND",
      ),
    );
  return (c) => {
    const { mode } = c.record.config.network;
    if (mode.kind === "container") return sharers.includes(mode.container);
    return joinedNetworks(c.record, c.pod).some((name) => names.includes(name));
  };
}

/** Names of the networks that exist among these names and ids. */
export function networksByName(values: readonly string[], store: Store): string[] {
  return values.flatMap((value) => found(() => store.networks.find(value).name, "NETWORK_NOT_FOUND"));
}

function found<T>(look: () => T, missing: EngineError["code"]): T[] {
  try {
    return [look()];
  } catch (error) {
    if (isEngineError(error, missing)) return [];
    throw error;
  }
}

const RESTART_POLICIES: readonly string[] = ["none", "no", "on-failure", "always", "unless-stopped"];

function restartPolicyFilter(values: readonly string[]): ContainerTest {
  const wrong = values.filter((value) => !RESTART_POLICIES.includes(value));
  if (wrong.length > 0) {
    throw invalidValue(`${wrong.join(", ")} invalid restart ${wrong.length > 1 ? "policies" : "policy"}`);
  }
  return (c) => values.some((value) => (value === "none" ? "no" : value) === policyOf(c.record).name);
}

/** As Go reads them. */
const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ...["1", "t", "T", "TRUE", "true", "True"].map((word): [string, boolean] => [word, true]),
  ...["0", "f", "F", "FALSE", "false", "False"].map((word): [string, boolean] => [word, false]),
]);

/** What `system boot` starts, if it has ever run. */
function startOnBootFilter(values: readonly string[]): ContainerTest {
  const wanted = values.map((value) => {
    if (BOOLEANS.has(value)) return BOOLEANS.get(value);
    throw invalidValue(`strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax`);
  });
  return (c) => wanted.includes(startsOnBoot(c.record));
}

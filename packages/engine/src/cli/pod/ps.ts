/** `pod ps`: lists pods. */
import type { PodSummary } from "@podwright/spec/engine-api/pods";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { parseFilters } from "@podwright/spec/values/filter";
import { defineCommand } from "../frame/command.ts";
import { printRows } from "../print/rows.ts";
import { podRows } from "./ps-rows.ts";

type Order = (a: PodSummary, b: PodSummary) => number;

const byText =
  (key: (pod: PodSummary) => string): Order =>
  (a, b) =>
    key(a) < key(b) ? -1 : Number(key(a) > key(b));

const ORDERS: Readonly<Record<string, Order>> = {
  created: (a, b) => b.created - a.created,
  id: byText((pod) => pod.id),
  name: byText((pod) => pod.name),
  number: (a, b) => a.containers.length - b.containers.length,
  status: byText((pod) => pod.status),
};

export const command = defineCommand({
  path: ["pod", "ps"],
  also: [
    ["pod", "ls"],
    ["pod", "list"],
  ],
  summary: "List pods",
  description: "List all pods on system including their names, ids and current state.",
  usage: "[options]",
  args: { min: 0, max: 0 },
  flags: {
    "ctr-ids": { type: "bool", help: "Display the container UUIDs, truncated unless no-trunc is set" },
    "ctr-names": { type: "bool", help: "Display the container names" },
    "ctr-status": { type: "bool", help: "Display the container status" },
    filter: {
      type: "list",
      short: "f",
      help: "Filter output based on conditions given",
      valueName: "filter",
    },
    format: { type: "string", help: "Pretty-print pods to JSON or using a Go template" },
    latest: { type: "bool", short: "l", help: "Act on the latest pod that the engine is aware of" },
    namespace: { type: "bool", help: "Display namespace information of the pod" },
    "no-trunc": { type: "bool", help: "Do not truncate pod and container IDs" },
    noheading: { type: "bool", short: "n", help: "Do not print headers" },
    quiet: { type: "bool", short: "q", help: "Print the numeric IDs of the pods only" },
    sort: {
      type: "string",
      help: "Sort output by created, id, name, or number",
      default: "created",
      complete: Object.keys(ORDERS),
    },
  },
  examples: ["pod ps", "pod ps --ctr-names --ctr-status", "pod ps --filter status=running -q"],
  async run({ flags, engine, io }) {
    if (flags.quiet && (flags.format ?? "") !== "") {
      throw new EngineError("CLI_USAGE", "quiet and format cannot be used together");
    }
    const order = Object.hasOwn(ORDERS, flags.sort) ? ORDERS[flags.sort] : undefined;
    const filters = parseFilters(flags.filter);
    const found = await (await engine.pods()).list(filters);
    if (order === undefined) {
      throw new EngineError(
        "CLI_USAGE",
        "invalid option for --sort, options are: created, id, name, number, or status",
      );
    }
    const pods = flags.latest ? newest(found) : found.toSorted(order);
    if (flags.quiet) {
      for (const pod of pods) io.out(`${pod.id}\n`);
      return;
    }
    const spec = podRows({ noTrunc: flags["no-trunc"], now: Date.now() });
    printRows(io, spec, pods, {
      defaultFormat: tableFormat(flags),
      ...(flags.format === undefined ? {} : { format: flags.format }),
      noHeading: flags.noheading,
    });
  },
});

function newest(pods: readonly PodSummary[]): PodSummary[] {
  return pods.toSorted((a, b) => b.created - a.created).slice(0, 1);
}

interface Columns {
  readonly "ctr-ids": boolean;
  readonly "ctr-names": boolean;
  readonly "ctr-status": boolean;
  readonly namespace: boolean;
}

function tableFormat(flags: Columns): string {
  const members = [
    ...(flags["ctr-ids"] ? ["ContainerIds"] : []),
    ...(flags["ctr-names"] ? ["ContainerNames"] : []),
    ...(flags["ctr-status"] ? ["ContainerStatuses"] : []),
  ];
  const columns = [
    "Id",
    "Name",
    "Status",
    "Created",
    "InfraID",
    ...members,
    ...(flags.namespace ? ["Cgroup", "Namespace"] : []),
    ...(members.length === 0 ? ["NumberOfContainers"] : []),
  ];
  return `table ${columns.map((name) => `{{.${name}}}`).join("\t")}`;
}

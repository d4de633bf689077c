/** `ps`: lists containers. */
import type { ContainerSummary, ListContainersOptions } from "@podwright/spec/engine-api/containers";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { parseFilters } from "@podwright/spec/values/filter";
import { sleep } from "../../base/sleep.ts";
import { defineCommand, type Io } from "../frame/command.ts";
import { printRows } from "../print/rows.ts";
import { asksForJson } from "../print/template.ts";
import { type PsView, psRows } from "./ps-rows.ts";
import { SORT_KEYS, sortContainers } from "./ps-sort.ts";

const NAMESPACE_FORMAT =
  "table {{.ID}}\t{{.Names}}\t{{.Pid}}\t{{.Cgroup}}\t{{.IPC}}\t{{.MNT}}\t{{.NET}}\t{{.PIDNS}}\t{{.User}}\t{{.UTS}}";

export const command = defineCommand({
  path: ["ps"],
  also: [
    ["container", "ps"],
    ["container", "ls"],
    ["container", "list"],
  ],
  summary: "List containers",
  description: "Prints out information about the containers",
  usage: "[options]",
  args: { min: 0, max: 0 },
  flags: {
    all: { type: "bool", short: "a", help: "Show all the containers, default is only running containers" },
    external: {
      type: "bool",
      help: "Show containers in storage that the engine does not control: there are none, the store is its own",
    },
    filter: {
      type: "list",
      short: "f",
      help: "Filter output based on conditions given",
      valueName: "filter",
    },
    format: { type: "string", help: "Pretty-print containers to JSON or using a Go template" },
    last: {
      type: "int",
      short: "n",
      help: "Print the n last created containers (all states)",
      default: -1,
    },
    latest: {
      type: "bool",
      short: "l",
      help: "Act on the latest container that the engine is aware of",
    },
    namespace: { type: "bool", help: "Display namespace information" },
    "no-trunc": { type: "bool", help: "Display the extended information" },
    noheading: { type: "bool", help: "Do not print headers" },
    pod: {
      type: "bool",
      short: "p",
      help: "Print the ID and name of the pod the containers are associated with",
    },
    quiet: { type: "bool", short: "q", help: "Print the numeric IDs of the containers only" },
    size: { type: "bool", short: "s", help: "Display the total file sizes" },
    sort: {
      type: "string",
      help: `Sort output by: ${SORT_KEYS.join(", ")}`,
      complete: SORT_KEYS,
    },
    sync: {
      type: "bool",
      help: "Has no effect: states are always read from the kernel",
    },
    watch: { type: "int", short: "w", help: "Watch the ps output on an interval in seconds", default: 0 },
  },
  examples: [
    "ps -a",
    'ps -a --format "{{.ID}}  {{.Image}}  {{.Labels}}  {{.Mounts}}"',
    "ps --size --sort names",
  ],
  async run({ flags, given, engine, io, log }) {
    refuseConflicts({ ...flags, lastGiven: flags.last >= 0 });
    const last = flags.latest ? 1 : flags.last;
    const options: ListContainersOptions = {
      all: flags.all,
      filters: parseFilters(flags.filter, (value) => `invalid filter ${JSON.stringify(value)}`),
      ...(last > 0 ? { last } : {}),
      size: flags.size,
      namespaces: flags.namespace || (flags.format ?? "").includes(".Namespaces"),
    };
    const read = async (): Promise<ContainerSummary[]> =>
      sortContainers(await (await engine.containers()).list(options), flags.sort);
    const view = {
      noTrunc: flags["no-trunc"],
      sizeMissing: () => log.error("Size format requires --size option"),
    };
    if (flags.quiet && !given("format")) {
      for (const row of await read()) io.out(`${view.noTrunc ? row.id : row.id.slice(0, 12)}\n`);
      return;
    }
    const format = flags.format?.replaceAll(".Namespaces.", ".");
    const defaultFormat = flags.namespace ? NAMESPACE_FORMAT : tableFormat(flags);
    const print = async (): Promise<void> => {
      const rows = await read();
      const spec = psRows({ ...view, now: Date.now() } satisfies PsView);
      printRows(io, spec, rows, {
        defaultFormat,
        ...(format === undefined ? {} : { format }),
        noHeading: flags.noheading,
      });
    };
    if (flags.watch > 0 && !asksForJson(format)) return watch(io, flags.watch, print);
    await print();
  },
});

interface PsFlags {
  readonly lastGiven: boolean;
  readonly latest: boolean;
  readonly quiet: boolean;
  readonly size: boolean;
  readonly namespace: boolean;
  readonly watch: number;
}

function refuseConflicts(flags: PsFlags): void {
  const refuse = (message: string): never => {
    throw new EngineError("CLI_USAGE", message);
  };
  if (flags.lastGiven && flags.latest) refuse("last and latest are mutually exclusive");
  if (flags.quiet && (flags.size || flags.namespace)) refuse("quiet conflicts with size and namespace");
  if (flags.size && flags.namespace) refuse("size and namespace options conflict");
  if (flags.watch < 0)
    refuse(`invalid argument "${flags.watch}" for "-w, --watch" flag: not a number of seconds`);
  if (flags.watch > 0 && flags.latest) refuse("the watch and latest flags cannot be used together");
}

function tableFormat(flags: { readonly pod: boolean; readonly size: boolean }): string {
  const columns = ["ID", "Image", "Command", "CreatedHuman", "Status", "Ports", "Names"];
  if (flags.pod) columns.push("Pod", "PodName");
  if (flags.size) columns.push("Size");
  return `table ${columns.map((name) => `{{.${name}}}`).join("\t")}`;
}

/** Until the user interrupts it, which is how it is meant to end. */
async function watch(io: Io, seconds: number, print: () => Promise<void>): Promise<void> {
  const interrupted = io.interruptible();
  while (!interrupted.aborted) {
    // Clear the screen, cursor to the top.
    io.out("\x1b[2J\x1b[1;1H");
    await print();
    await sleep(seconds * 1000, interrupted);
  }
}

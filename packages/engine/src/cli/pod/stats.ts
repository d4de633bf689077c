/** `pod stats`: what the containers of pods use of the machine, again and again. */
import type { ContainerUsage } from "@podwright/spec/engine-api/usage";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { defineCommand, type Io } from "../frame/command.ts";
import { printRows } from "../print/rows.ts";
import { showEach } from "../print/screen.ts";
import { formatTable } from "../print/table.ts";
import { latestFlag, selectPods } from "./selection.ts";
import { NO_POD_STATS, POD_STATS_FORMAT, POD_STATS_ROWS } from "./stats-rows.ts";

const INTERVAL = 1000;

export const command = defineCommand({
  path: ["pod", "stats"],
  summary: "Display a live stream of resource usage statistics for the containers in one or more pods",
  description: "Display the containers' resource-usage statistics of one or more running pod",
  usage: "[options] [POD...]",
  args: { min: 0 },
  argCompletion: "pod",
  flags: {
    all: { type: "bool", short: "a", help: "Provide stats for all pods" },
    format: { type: "string", help: "Pretty-print container statistics to JSON or using a Go template" },
    latest: latestFlag,
    "no-reset": { type: "bool", help: "Disable resetting the screen when streaming" },
    "no-stream": { type: "bool", help: "Disable streaming stats and only pull the first result" },
  },
  examples: ["pod stats", "pod stats a69b23034235 named-pod", "pod stats --all"],
  async run({ flags, args, engine, io }) {
    const { all, latest } = flags;
    if ([all, latest, args.length > 0].filter(Boolean).length > 1) {
      throw new EngineError("CLI_USAGE", "--all, --latest and arguments cannot be used together");
    }
    const stream = !flags["no-stream"];
    const selection = await selectPods(engine, { args, all, latest });
    const readings = (await engine.usage()).podStats(
      selection,
      { all, stream, interval: INTERVAL },
      stream ? io.interruptible() : undefined,
    );
    await showEach(io, readings, {
      stream,
      noReset: flags["no-reset"],
      print: (rows) => print(io, rows, flags.format),
    });
  },
});

function print(io: Io, rows: readonly ContainerUsage[], format: string | undefined): void {
  const byUser = format !== undefined && format !== "";
  if (rows.length > 0 || byUser) {
    printRows(io, POD_STATS_ROWS, rows, {
      defaultFormat: POD_STATS_FORMAT,
      ...(byUser ? { format } : {}),
    });
    return;
  }
  const titles = ["POD", "CID", "NAME", "CPU %", "MEM USAGE/ LIMIT", "MEM %", "NET IO", "BLOCK IO", "PIDS"];
  io.out(formatTable([titles, NO_POD_STATS]));
}

/** `stats`: what containers use of the machine, again and again. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { defineCommand } from "../frame/command.ts";
import { printRows } from "../print/rows.ts";
import { showEach } from "../print/screen.ts";
import { latestFlag, selectContainers } from "./selection.ts";
import { STATS_FORMAT, statsRows } from "./stats-rows.ts";

export const command = defineCommand({
  path: ["stats"],
  also: [["container", "stats"]],
  summary: "Display a live stream of container resource usage statistics",
  description:
    "Display percentage of CPU, memory, network I/O, block I/O and PIDs for one or more containers.",
  usage: "[options] [CONTAINER...]",
  args: { min: 0 },
  argCompletion: "running-container",
  flags: {
    all: { type: "bool", short: "a", help: "Show all containers, not only those that run" },
    format: { type: "string", help: "Pretty-print container statistics to JSON or using a Go template" },
    interval: { type: "int", short: "i", help: "Time in seconds between stats reports", default: 5 },
    latest: latestFlag,
    "no-reset": { type: "bool", help: "Disable resetting the screen between intervals" },
    "no-stream": { type: "bool", help: "Disable streaming stats and only pull the first result" },
    "no-trunc": { type: "bool", help: "Do not truncate output" },
  },
  examples: [
    "stats --all --no-stream",
    "stats ctrID",
    'stats --no-stream --format "table {{.ID}} {{.Name}} {{.MemUsage}}" ctrID',
  ],
  async run({ flags, args, engine, io }) {
    const { all, latest, interval, format } = flags;
    if ([all, latest, args.length > 0].filter(Boolean).length > 1) {
      throw new EngineError("CLI_USAGE", "--all, --latest and containers cannot be used together");
    }
    const stream = !flags["no-stream"];
    const names = args.map((name) => name.replace(/^\//, ""));
    const selection = await selectContainers(engine, { args: names, all, latest });
    const readings = (await engine.usage()).containerStats(
      selection,
      { all, stream, interval: interval * 1000 },
      stream ? io.interruptible() : undefined,
    );
    const spec = statsRows({ noTrunc: flags["no-trunc"] });
    await showEach(io, readings, {
      stream,
      noReset: flags["no-reset"],
      print: (rows) =>
        printRows(io, spec, rows, {
          defaultFormat: STATS_FORMAT,
          ...(format === undefined ? {} : { format }),
        }),
    });
  },
});

/** `wait`: blocks until containers are in a wanted state, then prints their exit codes. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { parseDuration } from "@podwright/spec/values/duration";
import { defineCommand } from "../frame/command.ts";
import { latestFlag, selectContainers } from "./selection.ts";

export const command = defineCommand({
  path: ["wait"],
  also: [["container", "wait"]],
  summary: "Block on one or more containers",
  description: "Block until one or more containers stop and then print their exit codes.",
  usage: "[options] CONTAINER [CONTAINER...]",
  args: { min: 0 },
  argCompletion: "container",
  flags: {
    condition: {
      type: "csv",
      help: "Condition to wait on",
      complete: [
        "configured",
        "exited",
        "healthy",
        "initialized",
        "paused",
        "removing",
        "running",
        "stopped",
        "stopping",
        "unhealthy",
      ],
    },
    "exit-first-match": {
      type: "bool",
      help: "Exit when the first container matches the condition, without waiting for the others",
    },
    ignore: { type: "bool", help: "Ignore if a container does not exist" },
    interval: {
      type: "string",
      short: "i",
      default: "250ms",
      help: "Time Interval to wait before polling for completion: ends are noticed at once, whatever it is",
      complete: "none",
    },
    latest: latestFlag,
  },
  examples: ["wait --interval 5s ctrID", "wait ctrID1 ctrID2"],
  async run({ flags, args, engine, io, program }) {
    parseDuration(/^\d+$/.test(flags.interval) ? `${flags.interval}ms` : flags.interval);
    if (args.length === 0 && !flags.latest) {
      throw new EngineError("CLI_USAGE", `"${program} wait" requires a name, id, or the "--latest" flag`);
    }
    if (args.length > 0 && flags.latest) {
      throw new EngineError("CLI_USAGE", "--latest and containers cannot be used together");
    }
    const { names } = await selectContainers(engine, { args, latest: flags.latest });
    const ends = await (await engine.containers()).wait(names, {
      conditions: flags.condition,
      ignore: flags.ignore,
      exitFirstMatch: flags["exit-first-match"],
    });
    for (const { exitCode } of ends) io.out(`${exitCode}\n`);
  },
});

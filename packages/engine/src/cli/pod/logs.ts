/** `pod logs`: what all members have written, line by line in order of time, each line with its member. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { logsFlags, logsOptions } from "../container/logs.ts";
import { defineCommand } from "../frame/command.ts";
import { printLogLines } from "../print/log-lines.ts";
import { latestFlag, selectPods } from "./selection.ts";

export const command = defineCommand({
  path: ["pod", "logs"],
  summary: "Fetch logs for pod with one or more containers",
  description: "Displays the logs of all containers of the pod, or of one with --container.",
  usage: "[options] POD",
  args: { min: 0, max: 1 },
  argCompletion: "pod",
  flags: {
    color: { type: "bool", help: "Output the containers with different colors in the log" },
    container: {
      type: "string",
      short: "c",
      help: "Filter logs by container name or ID which belongs to the pod",
      complete: "container",
    },
    latest: latestFlag,
    names: { type: "bool", short: "n", help: "Output container names instead of container IDs in the log" },
    ...logsFlags,
  },
  examples: [
    "pod logs podID",
    "pod logs -c ctrname podName",
    "pod logs --tail 2 mywebserver",
    "pod logs -f web",
  ],
  async run({ flags, args, engine, io }) {
    if (args.length === 0 && !flags.latest) {
      throw new EngineError("CLI_USAGE", "specify a pod name or ID, or --latest");
    }
    if (args.length > 0 && flags.latest) {
      throw new EngineError("CLI_USAGE", "--latest and pods cannot be used together");
    }
    const { names } = await selectPods(engine, { args, all: false, latest: flags.latest });
    const pod = names[0] ?? "";
    const pods = await engine.pods();
    const members = await pods.members(pod);
    const options = {
      ...logsOptions(flags),
      ...(flags.container === undefined ? {} : { container: flags.container }),
    };
    const several = flags.container === undefined && members.length > 1;
    const prefix = flags.names ? "name" : several ? "id" : "none";
    const lines = pods.logs(pod, options, io.interruptible());
    await printLogLines(io, lines, {
      timestamps: flags.timestamps,
      prefix,
      // Several voices are told apart by colour wherever there is one.
      colour: io.colour && (flags.color || several),
      several,
      live: flags.follow,
    });
  },
});

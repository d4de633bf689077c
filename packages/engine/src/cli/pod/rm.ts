/** `pod rm`. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { rmSync } from "node:fs";
import { defineCommand } from "../frame/command.ts";
import { allFlag, idOf, latestFlag, podIdFileFlag, reportPods, selectPods } from "./selection.ts";

export const command = defineCommand({
  path: ["pod", "rm"],
  summary: "Remove one or more pods",
  description:
    "podwright rm will remove one or more stopped pods and their containers from the host.\n\n  The pod name or ID can be used. A pod with running containers is removed only with --force.",
  usage: "[options] POD [POD...]",
  args: { namesOr: ["all", "latest", "pod-id-file"] },
  argCompletion: "pod",
  flags: {
    all: allFlag,
    latest: latestFlag,
    "pod-id-file": podIdFileFlag,
    force: {
      type: "bool",
      short: "f",
      help: "Stop running containers and remove them with their anonymous volumes, too",
      default: false,
    },
    ignore: {
      type: "bool",
      short: "i",
      help: "Ignore errors when a specified pod is missing",
      default: false,
    },
    time: {
      type: "int",
      short: "t",
      help: "Seconds to wait for pod stop before killing the containers (needs --force)",
      valueName: "seconds",
    },
  },
  examples: ["pod rm mywebserverpod", "pod rm --force --all"],
  async run({ flags, args, engine, io }) {
    if (flags.time !== undefined && !flags.force) {
      throw new EngineError("CLI_USAGE", "--force option must be specified to use the --time option");
    }
    const choice = { args, all: flags.all, latest: flags.latest, idFiles: flags["pod-id-file"] };
    const selection = await selectPods(engine, choice);
    const timeout = flags.time === undefined ? {} : { timeout: flags.time };
    const options = { force: flags.force, ignore: flags.ignore, ...timeout };
    const status = reportPods(io, await (await engine.pods()).remove(selection, options), idOf);
    if (status === 0) for (const file of flags["pod-id-file"]) rmSync(file, { force: true });
    return status;
  },
});

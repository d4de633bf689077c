/** `pod top`: the processes of a pod's containers. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { TOP_DESCRIPTORS } from "@podwright/spec/values/top-descriptors";
import { defineCommand } from "../frame/command.ts";
import { printProcesses } from "../print/processes.ts";
import { latestFlag, selectPods } from "./selection.ts";

export const command = defineCommand({
  path: ["pod", "top"],
  summary: "Display the running processes of containers in a pod",
  description:
    "Display the running processes of the containers in a pod.\n\n  " +
    `Format Descriptors:\n    ${TOP_DESCRIPTORS.join(",")}`,
  usage: "[options] POD [FORMAT-DESCRIPTORS...]",
  args: { min: 0 },
  argCompletion: "pod",
  stopAtFirstArg: true,
  flags: {
    latest: latestFlag,
    "list-descriptors": { type: "bool", help: "List the format descriptors", hidden: true },
  },
  examples: ["pod top podID", "pod top podID pid seccomp args %C"],
  async run({ flags, args, engine, io }) {
    if (flags["list-descriptors"]) return io.out(`${TOP_DESCRIPTORS.join("\n")}\n`);
    const { latest } = flags;
    if (args.length === 0 && !latest) {
      throw new EngineError("CLI_USAGE", "you must provide the name or id of a running pod");
    }
    const { names } = await selectPods(engine, { args: latest ? [] : args.slice(0, 1), all: false, latest });
    const descriptors = latest ? args : args.slice(1);
    const usage = await engine.usage();
    printProcesses(io, await usage.podTop(names[0] ?? "", { descriptors }));
  },
});

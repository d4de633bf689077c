/** `top`: the processes of a container. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { TOP_DESCRIPTORS } from "@podwright/spec/values/top-descriptors";
import { defineCommand } from "../frame/command.ts";
import { printProcesses } from "../print/processes.ts";
import { latestFlag, selectContainers } from "./selection.ts";

export const command = defineCommand({
  path: ["top"],
  also: [["container", "top"]],
  summary: "Display the running processes of a container",
  description:
    "Display the running processes of a container.\n\n  The columns are AIX format descriptors as ps(1) has them, and some about containers. Options of ps(1) (-eo, aux) run ps(1) among the container's processes.\n\n  " +
    `Format Descriptors:\n    ${TOP_DESCRIPTORS.join(",")}`,
  usage: "[options] CONTAINER [FORMAT-DESCRIPTORS|ARGS...]",
  args: { min: 0 },
  argCompletion: "running-container",
  stopAtFirstArg: true,
  flags: {
    latest: latestFlag,
    "list-descriptors": { type: "bool", help: "List the format descriptors", hidden: true },
  },
  examples: ["top ctrID", "top ctrID pid seccomp args %C", "top ctrID -eo user,pid,comm"],
  async run({ flags, args, engine, io }) {
    if (flags["list-descriptors"]) return io.out(`${TOP_DESCRIPTORS.join("\n")}\n`);
    const { latest } = flags;
    if (args.length === 0 && !latest) {
      throw new EngineError("CLI_USAGE", "you must provide the name or id of a running container");
    }
    const named = latest ? [] : args.slice(0, 1).map((name) => name.replace(/^\//, ""));
    const { names } = await selectContainers(engine, { args: named, latest });
    const descriptors = latest ? args : args.slice(1);
    const usage = await engine.usage();
    printProcesses(io, await usage.containerTop(names[0] ?? "", { descriptors }));
  },
});

/** `container cleanup`: takes away what runs that are over left on the host; conmon's exit command. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { defineCommand } from "../frame/command.ts";
import { reportOutcomes } from "../print/outcomes.ts";
import { latestFlag, selectContainers } from "./selection.ts";

export const command = defineCommand({
  path: ["container", "cleanup"],
  summary: "Clean up network and mountpoints of one or more containers",
  description:
    "Cleans up mount points and network stacks on one or more containers from the host. This command is used " +
    "internally when a container exits.",
  usage: "[options] CONTAINER [CONTAINER...]",
  args: { namesOr: ["all", "latest"] },
  argCompletion: "container",
  flags: {
    all: { type: "bool", short: "a", help: "Cleans up all containers" },
    exec: {
      type: "string",
      help: "Clean up the given exec session instead of the container",
      complete: "none",
      hidden: true,
    },
    latest: latestFlag,
    rm: { type: "bool", help: "After cleanup, remove the container entirely" },
    rmi: { type: "bool", help: "After cleanup, remove the image entirely", hidden: true },
    "stopped-only": { type: "bool", help: "Pass over containers that run", hidden: true },
  },
  examples: ["container cleanup ctrID1 ctrID2 ctrID3", "container cleanup --all"],
  async run({ flags, args, engine, io }) {
    if (flags.exec && flags.all)
      throw new EngineError("CLI_USAGE", "--all and --exec cannot be set together");
    if (flags.exec && flags.rmi)
      throw new EngineError("CLI_USAGE", "--exec and --rmi cannot be set together");
    if (flags.exec && flags.rm)
      throw new EngineError("NOT_IMPLEMENTED", "container cleanup --exec with --rm is not implemented");
    if (flags.rmi) throw new EngineError("NOT_IMPLEMENTED", "container cleanup --rmi is not implemented");
    const selection = await selectContainers(engine, { args, all: flags.all, latest: flags.latest });
    const options = {
      remove: flags.rm,
      stoppedOnly: flags["stopped-only"],
      ...(flags.exec ? { exec: flags.exec } : {}),
    };
    const outcomes = await (await engine.containers()).cleanup(selection, options);
    return reportOutcomes(io, outcomes, ({ input }) => input);
  },
});

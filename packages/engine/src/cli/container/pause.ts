/** `pause`: stops the processes of containers where they are. */
import { defineCommand } from "../frame/command.ts";
import { reportOutcomes } from "../print/outcomes.ts";
import { cidfileFlag, filterFlag, latestFlag, selectContainers } from "./selection.ts";

export const command = defineCommand({
  path: ["pause"],
  also: [["container", "pause"]],
  summary: "Pause all the processes in one or more containers",
  description:
    "Pauses one or more running containers. The container name or ID can be used. Their processes stand still, and keep all that they have, until `unpause`.",
  usage: "[options] CONTAINER [CONTAINER...]",
  args: { namesOr: ["all", "latest", "filter", "cidfile"] },
  argCompletion: "running-container",
  flags: {
    all: { type: "bool", short: "a", help: "Pause all running containers" },
    cidfile: cidfileFlag,
    filter: filterFlag,
    latest: latestFlag,
  },
  examples: ["pause mywebserver", "pause 860a4b23", "pause --all"],
  async run({ flags, args, engine, io }) {
    const { all, latest } = flags;
    const choice = { args, all, latest, cidfiles: flags.cidfile, filters: flags.filter };
    const selection = await selectContainers(engine, choice);
    const outcomes = await (await engine.containers()).pause(selection);
    return reportOutcomes(io, outcomes, ({ input }) => input);
  },
});

/** `network reload`. */
import { latestFlag, selectContainers } from "../container/selection.ts";
import { defineCommand } from "../frame/command.ts";
import { reportOutcomes } from "../print/outcomes.ts";

export const command = defineCommand({
  path: ["network", "reload"],
  summary: "Reload firewall rules for one or more containers",
  description: "Reload container networks, recreating firewall rules",
  usage: "[options] [CONTAINER...]",
  args: { namesOr: ["all", "latest"] },
  argCompletion: "running-container",
  flags: {
    all: { type: "bool", short: "a", help: "Reload network configuration of all containers" },
    latest: latestFlag,
  },
  examples: ["network reload 3c13ef6dd843", "network reload test1 test2"],
  async run({ flags, args, engine, io }) {
    const { all, latest } = flags;
    const selection = await selectContainers(engine, { args, all, latest });
    const outcomes = await (await engine.networks()).reload(selection);
    return reportOutcomes(io, outcomes, ({ id, input }) => id ?? input);
  },
});

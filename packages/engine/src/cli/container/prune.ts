/** `container prune`. */
import { parseFilters } from "@podwright/spec/values/filter";
import { defineCommand } from "../frame/command.ts";
import { confirmed } from "../print/confirm.ts";
import { reportOutcomes } from "../print/outcomes.ts";

export const command = defineCommand({
  path: ["container", "prune"],
  summary: "Remove all non running containers",
  description:
    "Removes all non running containers. Containers of pods, and those that wait to be restarted, stay.",
  usage: "[options]",
  args: { min: 0, max: 0 },
  flags: {
    filter: { type: "list", help: "Provide filter values (e.g. 'label=<key>=<value>')", valueName: "filter" },
    force: { type: "bool", short: "f", help: "Do not prompt for confirmation" },
  },
  examples: ["container prune", "container prune --force --filter until=24h"],
  async run({ flags, engine, io }) {
    if (!flags.force) {
      io.out("WARNING! This will remove all non running containers.\n");
      if (!(await confirmed(io))) return;
    }
    const outcomes = await (await engine.containers()).prune(parseFilters(flags.filter));
    return reportOutcomes(io, outcomes, ({ id, input }) => id ?? input);
  },
});

/** `pod prune`. */
import { parseFilters } from "@podwright/spec/values/filter";
import { defineCommand } from "../frame/command.ts";
import { confirmed } from "../print/confirm.ts";
import { reportOutcomes } from "../print/outcomes.ts";

export const command = defineCommand({
  path: ["pod", "prune"],
  summary: "Remove all stopped pods and their containers",
  description: "Removes all pods that have ended, with their containers. Pods that never ran stay.",
  usage: "[options]",
  args: { min: 0, max: 0 },
  flags: {
    filter: { type: "list", help: "Provide filter values (e.g. 'label=<key>=<value>')", valueName: "filter" },
    force: { type: "bool", short: "f", help: "Do not prompt for confirmation" },
  },
  examples: ["pod prune", "pod prune --force"],
  async run({ flags, engine, io }) {
    if (!flags.force) {
      io.out("WARNING! This will remove all stopped/exited pods..\n");
      if (!(await confirmed(io))) return;
    }
    const outcomes = await (await engine.pods()).prune(parseFilters(flags.filter));
    return reportOutcomes(io, outcomes, ({ id, input }) => id ?? input);
  },
});

/** `network prune`. */
import { parseFilters } from "@podwright/spec/values/filter";
import { defineCommand } from "../frame/command.ts";
import { confirmed } from "../print/confirm.ts";
import { reportOutcomes } from "../print/outcomes.ts";

export const command = defineCommand({
  path: ["network", "prune"],
  summary: "Prune unused networks",
  description: "Prune unused networks: those that no pod and no container names, running or not.",
  usage: "[options]",
  args: { min: 0, max: 0 },
  flags: {
    filter: {
      type: "list",
      help: "Provide filter values (e.g. 'label=<key>=<value>')",
      valueName: "filter",
    },
    force: { type: "bool", short: "f", help: "Do not prompt for confirmation" },
  },
  examples: ["network prune", "network prune --force --filter label=temporary"],
  async run({ flags, engine, io }) {
    if (!flags.force) {
      io.out("WARNING! This will remove all networks not used by at least one container.\n");
      if (!(await confirmed(io))) return;
    }
    const outcomes = await (await engine.networks()).prune(parseFilters(flags.filter));
    return reportOutcomes(io, outcomes, (outcome) => outcome.id ?? outcome.input);
  },
});

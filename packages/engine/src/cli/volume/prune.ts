/** `volume prune`. */
import { parseFilters } from "@podwright/spec/values/filter";
import { defineCommand } from "../frame/command.ts";
import { confirmed } from "../print/confirm.ts";
import { reportOutcomes } from "../print/outcomes.ts";

const WARNING =
  "WARNING! This will remove all volumes not used by at least one container. The following volumes will be removed:\n";

export const command = defineCommand({
  path: ["volume", "prune"],
  summary: "Remove all unused volumes",
  description:
    "Volumes that are not currently owned by a container will be removed.\n\n  The command prompts for confirmation which can be overridden with the --force flag.\n  Note all data will be destroyed.",
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
  examples: ["volume prune", "volume prune --force --filter label=temporary"],
  async run({ flags, engine, io }) {
    const volumes = await engine.volumes();
    const filters = parseFilters(flags.filter);
    if (!flags.force) {
      io.out(WARNING);
      const unused = await volumes.list({ dangling: ["true"] });
      const wanted = new Set((await volumes.list(filters)).map((volume) => volume.name));
      const doomed = unused.filter((volume) => wanted.has(volume.name));
      if (doomed.length === 0) {
        io.out("No dangling volumes found\n");
        return;
      }
      for (const volume of doomed) io.out(`${volume.name}\n`);
      if (!(await confirmed(io))) return;
    }
    const outcomes = await volumes.prune(filters, { all: true });
    return reportOutcomes(io, outcomes, (outcome) => outcome.id ?? outcome.input);
  },
});

/** `container inspect`. */
import { defineCommand } from "../frame/command.ts";
import { formatFlag, latestFlag, namesOrLatest, newestContainer, sizeFlag } from "../object/flags.ts";
import { inspectAs } from "../object/lookups.ts";
import { inspectEach } from "../object/report.ts";

export const command = defineCommand({
  path: ["container", "inspect"],
  summary: "Display the configuration of a container",
  description: "Displays the low-level information on a container identified by name or ID.",
  usage: "[options] CONTAINER [CONTAINER...]",
  args: { min: 0 },
  argCompletion: "container",
  flags: { format: formatFlag, latest: latestFlag, size: sizeFlag },
  examples: ["container inspect myCtr", 'container inspect -l --format "{{.Id}} {{.Config.Labels}}"'],
  async run({ flags, args, engine, io }) {
    const names = await namesOrLatest(args, flags.latest, () => newestContainer(engine));
    return inspectEach(io, names, flags.format, (name) =>
      inspectAs(engine, "container", name, { size: flags.size }),
    );
  },
});

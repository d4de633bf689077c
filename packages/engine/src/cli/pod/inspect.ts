/** `pod inspect`. */
import { defineCommand } from "../frame/command.ts";
import { formatFlag, latestFlag, namesOrLatest, newestPod } from "../object/flags.ts";
import { inspectAs } from "../object/lookups.ts";
import { inspectEach } from "../object/report.ts";

export const command = defineCommand({
  path: ["pod", "inspect"],
  summary: "Display a pod configuration",
  description:
    "Display the configuration for a pod by name or id\n\n  By default, this will render all results in a JSON array.",
  usage: "[options] POD [POD...]",
  args: { min: 0 },
  argCompletion: "pod",
  flags: { format: formatFlag, latest: latestFlag },
  examples: ["pod inspect podID", 'pod inspect --format "{{.State}}" web'],
  async run({ flags, args, engine, io }) {
    const names = await namesOrLatest(args, flags.latest, () => newestPod(engine));
    return inspectEach(io, names, flags.format, (name) => inspectAs(engine, "pod", name, { size: false }));
  },
});

/** `image inspect`. */
import { defineCommand } from "../frame/command.ts";
import { formatFlag } from "../object/flags.ts";
import { inspectAs } from "../object/lookups.ts";
import { inspectEach } from "../object/report.ts";

export const command = defineCommand({
  path: ["image", "inspect"],
  summary: "Display the configuration of an image",
  description: "Displays the low-level information of an image identified by name or ID.",
  usage: "[options] IMAGE [IMAGE...]",
  args: { min: 1 },
  argCompletion: "image",
  flags: { format: formatFlag },
  examples: ["image inspect nginx", "image inspect --format '{{.Id}} {{.Config.Cmd}}' nginx"],
  run: ({ flags, args, engine, io }) =>
    inspectEach(io, args, flags.format, (name) => inspectAs(engine, "image", name, { size: false })),
});

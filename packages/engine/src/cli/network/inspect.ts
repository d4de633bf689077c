/** `network inspect`. */
import { defineCommand } from "../frame/command.ts";
import { formatFlag } from "../object/flags.ts";
import { inspectAs } from "../object/lookups.ts";
import { inspectEach } from "../object/report.ts";

export const command = defineCommand({
  path: ["network", "inspect"],
  summary: "Inspect network",
  description: "Displays the network configuration for one or more networks.",
  usage: "[options] NETWORK [NETWORK...]",
  args: { min: 1 },
  argCompletion: "network",
  flags: { format: formatFlag },
  examples: ["network inspect podman"],
  run: ({ flags, args, engine, io }) =>
    inspectEach(io, args, flags.format, (name) => inspectAs(engine, "network", name, { size: false })),
});

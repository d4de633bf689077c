/** `system supervise`: the process that commands start when something needs time to pass. */
import { defineCommand } from "../frame/command.ts";

export const command = defineCommand({
  path: ["system", "supervise"],
  hidden: true,
  summary: "Watch over health, probes, restarts and jobs until nothing needs it",
  description:
    "Started by the engine itself when the first object needs it; ends with the last. Returns at once where another one runs.",
  usage: "",
  args: { min: 0, max: 0 },
  flags: {},
  examples: [],
  async run({ engine, io }) {
    await (await engine.system()).supervise(io.interruptible());
  },
});

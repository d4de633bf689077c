/** `network disconnect`. */
import { defineCommand } from "../frame/command.ts";

export const command = defineCommand({
  path: ["network", "disconnect"],
  summary: "Disconnect a container from a network",
  description: "Remove container from a network: at once where it runs, else from its next start",
  usage: "[options] NETWORK CONTAINER",
  args: { min: 2, max: 2 },
  argCompletion: "network",
  flags: { force: { type: "bool", short: "f", help: "Force removal of container from network" } },
  examples: ["network disconnect web secondary"],
  async run({ flags, args, engine }) {
    const [name = "", container = ""] = args;
    await (await engine.networks()).disconnect(name, container, { force: flags.force });
  },
});

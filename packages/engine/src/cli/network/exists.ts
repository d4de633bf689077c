/** `network exists`: the exit status is the answer. */
import { defineCommand } from "../frame/command.ts";

export const command = defineCommand({
  path: ["network", "exists"],
  summary: "Check if network exists",
  description:
    "If the named network exists, podwright network exists exits with 0, otherwise the exit code will be 1.",
  usage: "NETWORK",
  args: { min: 1, max: 1 },
  argCompletion: "network",
  flags: {},
  examples: ["network exists net1"],
  async run({ args, engine }) {
    return (await (await engine.networks()).exists(args[0] ?? "")) ? 0 : 1;
  },
});

/** `pod exists`: the exit status is the answer. */
import { defineCommand } from "../frame/command.ts";

export const command = defineCommand({
  path: ["pod", "exists"],
  summary: "Check if a pod exists in local storage",
  description:
    "If the named pod exists in local storage, podwright pod exists exits with 0, otherwise the exit code is 1.",
  usage: "POD",
  args: { min: 1, max: 1 },
  argCompletion: "pod",
  flags: {},
  examples: ["pod exists podID", "pod exists mypod || podwright pod create --name mypod"],
  async run({ args, engine }) {
    return (await (await engine.pods()).exists(args[0] ?? "")) ? 0 : 1;
  },
});

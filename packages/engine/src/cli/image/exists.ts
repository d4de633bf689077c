/** `image exists`: the exit status is the answer. */
import { defineCommand } from "../frame/command.ts";

export const command = defineCommand({
  path: ["image", "exists"],
  summary: "Check if an image exists in local storage",
  description: "If the named image exists in local storage, exits with 0, otherwise the exit code will be 1.",
  usage: "IMAGE",
  args: { min: 1, max: 1 },
  argCompletion: "image",
  flags: {},
  examples: ["image exists nginx"],
  async run({ args, engine }) {
    return (await (await engine.images()).exists(args[0] ?? "")) ? 0 : 1;
  },
});

/** `secret exists`: the exit status is the answer. */
import { defineCommand } from "../frame/command.ts";

export const command = defineCommand({
  path: ["secret", "exists"],
  summary: "Check if a secret exists in local storage",
  description: "If the given secret exists, the exit code is 0, otherwise the exit code is 1.",
  usage: "SECRET",
  args: { min: 1, max: 1 },
  flags: {},
  examples: ["secret exists mysecret"],
  async run({ args, engine }) {
    return (await (await engine.secrets()).exists(args[0] ?? "")) ? 0 : 1;
  },
});

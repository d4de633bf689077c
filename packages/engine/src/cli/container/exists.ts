/** `container exists`: status 0 when the container is there, 1 when not. */
import { defineCommand } from "../frame/command.ts";

export const command = defineCommand({
  path: ["container", "exists"],
  summary: "Check if a container exists in local storage",
  description: "If the named container exists in local storage, the exit status is 0, otherwise 1.",
  usage: "[options] CONTAINER",
  args: { min: 1, max: 1 },
  argCompletion: "container",
  flags: {
    external: {
      type: "bool",
      help: "Check for containers that the engine does not control, too: there are none, the store is its own",
    },
  },
  examples: ["container exists 42a7d8c6", "container exists mywebserver"],
  async run({ args, engine }) {
    const [name = ""] = args;
    return (await (await engine.containers()).exists(name.replace(/^\//, ""))) ? 0 : 1;
  },
});

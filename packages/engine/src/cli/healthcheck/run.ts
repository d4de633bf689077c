/** `healthcheck run`: runs a container's health check, and says by its status what came of it. */
import { defineCommand } from "../frame/command.ts";

export const command = defineCommand({
  path: ["healthcheck", "run"],
  summary: "Run the health check of a container",
  description:
    "Run the health check of a container. The exit status is 0 when the check succeeded, 1 when it failed, and 125 " +
    "when it could not be run.",
  usage: "[options] CONTAINER",
  args: { min: 1, max: 1 },
  argCompletion: "running-container",
  flags: {
    "ignore-result": { type: "bool", help: "Exit with 0 regardless of the check's result" },
  },
  examples: ["healthcheck run mywebapp"],
  async run({ flags, args, engine, io }) {
    const [name = ""] = args;
    const { status } = await (await engine.containers()).checkHealth(name);
    if (status === "healthy") return 0;
    io.out(`${status}\n`);
    return flags["ignore-result"] ? 0 : 1;
  },
});

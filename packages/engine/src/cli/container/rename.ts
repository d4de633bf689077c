/** `rename`: gives a container another name. */
import { defineCommand } from "../frame/command.ts";

export const command = defineCommand({
  path: ["rename"],
  also: [["container", "rename"]],
  summary: "Rename an existing container",
  description: "The rename command allows you to rename an existing container.",
  usage: "CONTAINER NAME",
  args: { min: 2, max: 2 },
  argCompletion: "container",
  flags: {},
  examples: ["rename containerA newName"],
  async run({ args, engine }) {
    const [name = "", newName = ""] = args;
    await (await engine.containers()).rename(name.replace(/^\//, ""), newName.replace(/^\//, ""));
  },
});

/** `container init`: known, and refused by name. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { defineCommand } from "../frame/command.ts";

export const command = defineCommand({
  path: ["init"],
  also: [["container", "init"]],
  hidden: true,
  summary: "Initialize one or more containers",
  usage: "CONTAINER [CONTAINER...]",
  args: { min: 0 },
  stopAtFirstArg: true,
  flags: {},
  async run() {
    throw new EngineError(
      "NOT_IMPLEMENTED",
      "container init is not supported: start does both steps at once",
    );
  },
});

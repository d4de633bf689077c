/** `container restore`: known, and refused by name. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { defineCommand } from "../frame/command.ts";

export const command = defineCommand({
  path: ["container", "restore"],
  hidden: true,
  summary: "Restore one or more containers from a checkpoint",
  usage: "CONTAINER [CONTAINER...]",
  args: { min: 0 },
  stopAtFirstArg: true,
  flags: {},
  async run() {
    throw new EngineError(
      "NOT_IMPLEMENTED",
      "container restore is not supported: checkpoints need CRIU, which the engine does not drive",
    );
  },
});

/** `container checkpoint`: known, and refused by name. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { defineCommand } from "../frame/command.ts";

export const command = defineCommand({
  path: ["container", "checkpoint"],
  hidden: true,
  summary: "Checkpoint one or more containers",
  usage: "CONTAINER [CONTAINER...]",
  args: { min: 0 },
  stopAtFirstArg: true,
  flags: {},
  async run() {
    throw new EngineError(
      "NOT_IMPLEMENTED",
      "container checkpoint is not supported: checkpoints need CRIU, which the engine does not drive",
    );
  },
});

/** `image unmount`: takes back what `image mount` did. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { defineCommand } from "../frame/command.ts";
import { reportOutcomes } from "../print/outcomes.ts";

export const command = defineCommand({
  path: ["image", "unmount"],
  also: [["image", "umount"]],
  summary: "Unmount an image's root filesystem",
  description:
    "Unmounts what image mount has mounted, however often it was asked for. What is mounted into containers stays.",
  usage: "[options] IMAGE [IMAGE...]",
  args: { min: 0 },
  argCompletion: "image",
  flags: {
    all: { type: "bool", short: "a", help: "Unmount all of the currently mounted images" },
    force: {
      type: "bool",
      short: "f",
      help: "Force the complete unmount of the specified mounted images",
    },
  },
  examples: ["image unmount imgID", "image unmount imgID1 imgID2 imgID3", "image unmount --all"],
  async run({ flags: { all }, args, engine, io }) {
    if (args.length === 0 && !all) throw usage("image name or ID must be specified");
    if (args.length > 0 && all)
      throw usage("when using the --all switch, you may not pass any image names or IDs");
    const outcomes = await (await engine.images()).unmount({ names: args, all });
    return reportOutcomes(io, outcomes, ({ id, input }) => id ?? input);
  },
});

function usage(message: string): EngineError {
  return new EngineError("CLI_USAGE", message);
}

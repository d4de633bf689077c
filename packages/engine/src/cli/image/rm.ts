/** `rmi`: removes images or some of their names. */
import type { RemovedImage } from "@podwright/spec/engine-api/images";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { defineCommand } from "../frame/command.ts";
import { describeFailure, exitCodeOf } from "../print/failures.ts";

export const command = defineCommand({
  path: ["rmi"],
  also: [["image", "rm"]],
  summary: "Remove one or more images from local storage",
  description: "Removes one or more previously pulled or locally created images.",
  usage: "[options] IMAGE [IMAGE...]",
  args: { min: 0 },
  argCompletion: "image",
  flags: {
    all: { type: "bool", short: "a", help: "Remove all images" },
    force: { type: "bool", short: "f", help: "Force removal of the image, and of containers that use it" },
    ignore: { type: "bool", short: "i", help: "Ignore errors if a specified image does not exist" },
    "no-prune": { type: "bool", help: "Do not remove dangling images" },
  },
  examples: ["rmi nginx", "rmi --force c4dfb1609ee2", "rmi --all"],
  async run({ flags, args, engine, io }) {
    if (args.length === 0 && !flags.all)
      throw new EngineError("CLI_USAGE", "image name or ID must be specified");
    if (args.length > 0 && flags.all) {
      throw new EngineError(
        "CLI_USAGE",
        "when using the --all switch, you may not pass any images names or IDs",
      );
    }
    const removed = await (await engine.images()).remove(args, {
      all: flags.all,
      force: flags.force,
      ignore: flags.ignore || flags.force,
      noPrune: flags["no-prune"],
    });
    for (const name of removed.flatMap(({ untagged }) => untagged)) io.out(`Untagged: ${name}\n`);
    for (const id of removed.flatMap(({ deleted }) => deleted)) io.out(`Deleted: ${id}\n`);
    return reportFailures(removed, (text) => io.err(text));
  },
});

/** 1 where all that failed was not there, 2 where some was in use, 125 for anything else (podman-rmi(1)). */
function reportFailures(removed: readonly RemovedImage[], write: (text: string) => void): number {
  const failures = removed.flatMap(({ error }) => (error === undefined ? [] : [error]));
  for (const error of failures) write(describeFailure(error));
  return Math.max(0, ...failures.map((error) => exitCodeOf(error)));
}

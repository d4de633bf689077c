/** `volume rm`. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { defineCommand } from "../frame/command.ts";
import { reportOutcomes } from "../print/outcomes.ts";

export const command = defineCommand({
  path: ["volume", "rm"],
  also: [["volume", "remove"]],
  summary: "Remove one or more volumes",
  description:
    "Remove one or more existing volumes.\n\n  By default only volumes that are not being used by any containers will be removed. To remove the volumes anyways, use the --force flag.",
  usage: "[options] VOLUME [VOLUME...]",
  args: { min: 0 },
  argCompletion: "volume",
  flags: {
    all: { type: "bool", short: "a", help: "Remove all volumes" },
    force: {
      type: "bool",
      short: "f",
      help: "Remove a volume by force, even if it is being used by a container",
    },
    time: {
      type: "int",
      short: "t",
      help: "Seconds to wait for running containers to stop before killing the container (needs --force)",
      valueName: "seconds",
    },
  },
  examples: ["volume rm myvol1 myvol2", "volume rm --all", "volume rm --force myvol"],
  async run({ flags, args, engine, io }) {
    if (flags.all === args.length > 0) {
      throw new EngineError("CLI_USAGE", "choose either one or more volumes or all");
    }
    if (flags.time !== undefined && !flags.force) {
      throw new EngineError("CLI_USAGE", "--force option must be specified to use the --time option");
    }
    const outcomes = await (await engine.volumes()).remove(args, {
      all: flags.all,
      force: flags.force,
      ...(flags.time === undefined ? {} : { timeout: flags.time }),
    });
    // With --force a name that is nobody's is neither a success nor a failure.
    const told = outcomes.filter((outcome) => outcome.id !== undefined || outcome.error !== undefined);
    return reportOutcomes(io, told, (outcome) => outcome.id ?? outcome.input);
  },
});

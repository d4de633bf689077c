/** `network rm`. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { defineCommand } from "../frame/command.ts";
import { reportOutcomes } from "../print/outcomes.ts";

export const command = defineCommand({
  path: ["network", "rm"],
  also: [["network", "remove"]],
  summary: "Remove networks",
  usage: "[options] NETWORK [NETWORK...]",
  args: { min: 1 },
  argCompletion: "network",
  flags: {
    force: { type: "bool", short: "f", help: "Remove any containers using network" },
    time: {
      type: "int",
      short: "t",
      help: "Seconds to wait for running containers to stop before killing the container (needs --force)",
      valueName: "seconds",
    },
  },
  examples: ["network rm net1", "network rm --force net1 net2"],
  async run({ flags, args, engine, io }) {
    if (flags.time !== undefined && !flags.force) {
      throw new EngineError("CLI_USAGE", "--force option must be specified to use the --time option");
    }
    const outcomes = await (await engine.networks()).remove(args, {
      force: flags.force,
      ...(flags.time === undefined ? {} : { timeout: flags.time }),
    });
    // With --force a name that is nobody's is neither a success nor a failure.
    const told = outcomes.filter((outcome) => outcome.id !== undefined || outcome.error !== undefined);
    return reportOutcomes(io, told, (outcome) => outcome.id ?? outcome.input);
  },
});

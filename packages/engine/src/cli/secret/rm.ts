/** `secret rm`. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { defineCommand } from "../frame/command.ts";
import { reportOutcomes } from "../print/outcomes.ts";

export const command = defineCommand({
  path: ["secret", "rm"],
  also: [["secret", "remove"]],
  summary: "Remove one or more secrets",
  usage: "[options] SECRET [SECRET...]",
  args: { min: 0 },
  flags: {
    all: { type: "bool", short: "a", help: "Remove all secrets" },
    ignore: { type: "bool", short: "i", help: "Ignore errors when a specified secret is missing" },
  },
  examples: ["secret rm mysecret1 mysecret2", "secret rm --all"],
  async run({ flags, args, engine, io, program }) {
    if (flags.all === args.length > 0) {
      throw new EngineError("CLI_USAGE", `\`${program} secret rm\` requires one argument, or the --all flag`);
    }
    const outcomes = await (await engine.secrets()).remove(args, { all: flags.all, ignore: flags.ignore });
    return reportOutcomes(io, outcomes, (outcome) => outcome.id ?? outcome.input);
  },
});

/** `rm`: removes containers, with their writable layers. */
import type { Outcome } from "@podwright/spec/engine-api/common";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { defineCommand } from "../frame/command.ts";
import { reportOutcomes } from "../print/outcomes.ts";
import { cidfileFlag, latestFlag, selectContainers, timeFlag } from "./selection.ts";

export const command = defineCommand({
  path: ["rm"],
  also: [["container", "rm"]],
  summary: "Remove one or more containers",
  description:
    "Removes one or more containers from the host. The container name or ID can be used.\n\n  Command does not remove images. Running or unusable containers will not be removed without the -f option.",
  usage: "[options] CONTAINER [CONTAINER...]",
  args: { namesOr: ["all", "latest", "filter", "cidfile"] },
  argCompletion: "container",
  flags: {
    all: { type: "bool", short: "a", help: "Remove all containers" },
    cidfile: cidfileFlag,
    depend: {
      type: "bool",
      help: "Remove container and all containers that depend on the selected container",
    },
    filter: {
      type: "list",
      help: "Filter output based on conditions given",
      valueName: "filter",
      complete: "none",
    },
    force: { type: "bool", short: "f", help: "Force removal of a running or unusable container" },
    ignore: { type: "bool", short: "i", help: "Ignore errors when a specified container is missing" },
    latest: latestFlag,
    time: timeFlag,
    volumes: { type: "bool", short: "v", help: "Remove anonymous volumes associated with the container" },
  },
  examples: ["rm ctrID", "rm mywebserver myflaskserver 860a4b23", "rm --force --all", "rm -f c684f0d469f2"],
  async run({ flags, args, engine, io }) {
    if (flags.time !== undefined && !flags.force) {
      throw new EngineError("CLI_USAGE", "--force option must be specified to use the --time option");
    }
    const { all, latest, force } = flags;
    const ignore = flags.ignore || force;
    const choice = { args, all, latest, ignore, cidfiles: flags.cidfile, filters: flags.filter };
    const selection = await selectContainers(engine, choice);
    const outcomes = await (await engine.containers()).remove(selection, {
      force,
      ignore,
      volumes: flags.volumes,
      depend: flags.depend || all,
      ...(flags.time === undefined ? {} : { timeout: flags.time }),
    });
    const last = reportOutcomes(io, outcomes, ({ input }) => input);
    return statusOf(outcomes) ?? last;
  },
});

/** A missing container (1) wins over a running one (2), whatever stands last. */
function statusOf(outcomes: readonly Outcome[]): number | undefined {
  const codes = outcomes.flatMap(({ error }) => (error instanceof EngineError ? [error.exitCode] : []));
  return [1, 2].find((code) => codes.includes(code));
}

/** `start`: starts containers that were created or have ended. */
import type { Outcome } from "@podwright/spec/engine-api/common";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { defineCommand, type Invocation } from "../frame/command.ts";
import { reportOutcomes } from "../print/outcomes.ts";
import { detachKeysFlag, inForeground } from "./foreground.ts";
import { filterFlag, latestFlag, oneContainer, selectContainers } from "./selection.ts";

const flags = {
  all: { type: "bool", help: "Start all containers regardless of their state or configuration" },
  attach: { type: "bool", short: "a", help: "Attach container's STDOUT and STDERR" },
  "detach-keys": detachKeysFlag,
  filter: filterFlag,
  interactive: { type: "bool", short: "i", help: "Make STDIN available to the contained process" },
  latest: latestFlag,
  "sig-proxy": {
    type: "maybe-bool",
    help: "Proxy received signals to the process (default true if attaching, false otherwise)",
  },
} as const;

export const command = defineCommand({
  path: ["start"],
  also: [["container", "start"]],
  summary: "Start one or more containers",
  description: "Starts one or more containers. The container name or ID can be used.",
  usage: "[options] CONTAINER [CONTAINER...]",
  args: { min: 0 },
  argCompletion: "container",
  flags,
  examples: ["start --latest", "start 860a4b231279 5421ab43b45", "start --interactive --attach imageID"],
  async run(invocation) {
    const { flags: given, args, engine, io } = invocation;
    refuseConflicts(invocation);
    if (given.attach) return startAttached(invocation);
    const { all, latest, filter } = given;
    const selection = await selectContainers(engine, { args, all, latest, filters: filter });
    const outcomes = await (await engine.containers()).start(selection);
    return reportOutcomes(io, outcomes.map(worded), ({ input }) => input);
  },
});

async function startAttached({ flags: given, args, engine, io }: Invocation<typeof flags>): Promise<number> {
  const container = await oneContainer(engine, { args, latest: given.latest });
  const containers = await engine.containers();
  const { Config } = await containers.inspect(container, { size: false });
  const foreground = {
    container,
    tty: Config.Tty,
    stdin: given.interactive && Config.OpenStdin,
    stdout: true,
    stderr: true,
    sigProxy: given["sig-proxy"] ?? true,
    detachKeys: given["detach-keys"],
  };
  return inForeground({ engine, io }, foreground, (streams, signal) =>
    containers.startAttached(container, streams, { signal }),
  );
}

/** Every failure of a start is 125 here, whatever status `run` would give for it. */
function worded(outcome: Outcome): Outcome {
  if (outcome.error === undefined) return outcome;
  const message = `unable to start container "${outcome.id ?? outcome.input}": ${outcome.error.message}`;
  const { error } = outcome;
  if (!(error instanceof EngineError)) return { ...outcome, error: new Error(message, { cause: error }) };
  const hint = error.hint === undefined ? {} : { hint: error.hint };
  return {
    ...outcome,
    error: new EngineError(error.code, message, { cause: error, exit: 125, details: error.details, ...hint }),
  };
}

function refuseConflicts({ flags: given, args }: Invocation<typeof flags>): void {
  const refuse = (message: string): never => {
    throw new EngineError("CLI_USAGE", message);
  };
  const { all, latest, attach } = given;
  if (args.length === 0 && !latest && !all && given.filter.length === 0) {
    refuse("start requires at least one argument");
  }
  if (all && latest) refuse("--all and --latest cannot be used together");
  if (args.length > 0 && latest) refuse("--latest and containers cannot be used together");
  if (args.length > 1 && attach) refuse("you cannot start and attach multiple containers at once");
  if (args.length > 0 && all) {
    refuse("either start all containers or the container(s) provided in the arguments");
  }
  if (attach && all) refuse("you cannot start and attach all containers at once");
  if (given["sig-proxy"] === true && !attach) {
    refuse("you cannot use sig-proxy without --attach: invalid argument");
  }
}

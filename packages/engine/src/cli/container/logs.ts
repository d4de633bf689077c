/** `logs`: what containers have written. */
import type { LogsOptions } from "@podwright/spec/engine-api/containers";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { parseDuration } from "@podwright/spec/values/duration";
import { parseTimestamp } from "@podwright/spec/values/timestamp";
import { defineCommand, type Flags } from "../frame/command.ts";
import { printLogLines } from "../print/log-lines.ts";
import { latestFlag, selectContainers } from "./selection.ts";

/** What `logs` and `pod logs` have in common. */
export const logsFlags = {
  follow: { type: "bool", short: "f", help: "Follow log output" },
  since: { type: "string", help: "Show logs since TIMESTAMP", complete: "none" },
  tail: {
    type: "int",
    default: -1,
    help: "Output the specified number of LINES at the end of the logs; -1 prints all lines",
    complete: "none",
  },
  timestamps: { type: "bool", short: "t", help: "Output the timestamps in the log" },
  until: { type: "string", help: "Show logs until TIMESTAMP", complete: "none" },
} as const satisfies Flags;

export const command = defineCommand({
  path: ["logs"],
  also: [["container", "logs"]],
  summary: "Fetch the logs of one or more containers",
  description:
    "Retrieves logs for one or more containers.\n\n  This does not guarantee execution order when combined with run.",
  usage: "[options] CONTAINER [CONTAINER...]",
  args: { min: 0 },
  argCompletion: "container",
  stopAtFirstArg: true,
  flags: {
    color: { type: "bool", help: "Output the containers with different colors in the log." },
    latest: latestFlag,
    names: { type: "bool", short: "n", help: "Output the container name in the log" },
    ...logsFlags,
  },
  examples: [
    "logs ctrID",
    "logs --names ctrID1 ctrID2",
    "logs --color --names ctrID1 ctrID2",
    "logs --tail 2 mywebserver",
  ],
  async run({ flags, args, engine, io }) {
    if (args.length === 0 && !flags.latest) {
      throw new EngineError("CLI_USAGE", "specify at least one container name or ID to log");
    }
    if (args.length > 0 && flags.latest) {
      throw new EngineError("CLI_USAGE", "--latest and containers cannot be used together");
    }
    const { names } = await selectContainers(engine, { args, latest: flags.latest });
    const lines = (await engine.containers()).logs(names, logsOptions(flags), io.interruptible());
    const style = {
      timestamps: flags.timestamps,
      prefix: flags.names ? "name" : names.length > 1 ? "id" : "none",
      colour: flags.color && io.colour,
      several: names.length > 1,
      live: flags.follow,
    } as const;
    await printLogLines(io, lines, style);
  },
});

/** Shared with `pod logs`. @throws VALUE_INVALID */
export function logsOptions(flags: {
  readonly follow: boolean;
  readonly tail: number;
  readonly since: string | undefined;
  readonly until: string | undefined;
}): LogsOptions {
  const now = Date.now();
  return {
    follow: flags.follow,
    tail: flags.tail,
    ...(flags.since === undefined ? {} : { since: point("since", flags.since, now) }),
    ...(flags.until === undefined ? {} : { until: untilPoint(flags.until, now) }),
  };
}

function point(flag: string, text: string, now: number): number {
  try {
    return parseTimestamp(text, now);
  } catch (cause) {
    if (!(cause instanceof EngineError)) throw cause;
    throw new EngineError("VALUE_INVALID", `parsing --${flag} ${JSON.stringify(text)}: ${cause.message}`, {
      cause,
    });
  }
}

/** Podman takes a duration for --until as lying ahead. */
function untilPoint(text: string, now: number): number {
  const isDuration = /^[+-]?[\d.]+[a-zµμ]/.test(text);
  return isDuration ? now + parseDuration(text) : point("until", text, now);
}

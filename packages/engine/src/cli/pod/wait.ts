/** `pod wait`: blocks until pods are ready or have stopped, then prints which. */
import type { PodCondition } from "@podwright/spec/engine-api/pods";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { parseDuration } from "@podwright/spec/values/duration";
import { defineCommand } from "../frame/command.ts";
import { latestFlag, selectPods } from "./selection.ts";

const CONDITIONS: readonly PodCondition[] = ["ready", "stopped"];

export const command = defineCommand({
  path: ["pod", "wait"],
  summary: "Block until one or more pods are ready or have stopped",
  description:
    "Prints for each pod which condition it has met.\n\n  A pod is ready when all of its containers run and have passed their startup and readiness probes. It has stopped when none of its containers runs and none will be started again by its restart policy or its Job. The exit status is 1 when a pod ends instead of getting ready, 124 when the time is over.",
  usage: "[options] POD [POD...]",
  args: { namesOr: ["latest"] },
  argCompletion: "pod",
  flags: {
    condition: {
      type: "csv",
      help: "Condition to wait for, ready or stopped; the first that is met counts (default stopped)",
      complete: CONDITIONS,
    },
    ignore: { type: "bool", short: "i", help: "Ignore if a pod does not exist" },
    latest: latestFlag,
    timeout: {
      type: "string",
      short: "t",
      help: "Longest time to wait, in seconds or with a unit (30s, 5m)",
      valueName: "duration",
      complete: "none",
    },
  },
  examples: ["pod wait --condition ready --timeout 60 web", "pod wait migrate-pod"],
  async run({ flags, args, engine, io }) {
    const conditions = parseConditions(flags.condition);
    const timeout = flags.timeout === undefined ? {} : { timeout: parseTimeout(flags.timeout) };
    const { names } = await selectPods(engine, { args, all: false, latest: flags.latest });
    const options = { conditions, ignore: flags.ignore, ...timeout };
    const met = await (await engine.pods()).wait(names, options, io.interruptible());
    for (const condition of met) io.out(`${condition}\n`);
  },
});

function parseConditions(texts: readonly string[]): PodCondition[] {
  if (texts.length === 0) return ["stopped"];
  return texts.map((text) => {
    const condition = CONDITIONS.find((known) => known === text);
    if (condition !== undefined) return condition;
    throw new EngineError("CLI_USAGE", `invalid condition ${JSON.stringify(text)}: it is ready or stopped`);
  });
}

/** Bare numbers are seconds, as for `pod stop`. */
function parseTimeout(text: string): number {
  return parseDuration(/^\d+(\.\d+)?$/.test(text) ? `${text}s` : text);
}

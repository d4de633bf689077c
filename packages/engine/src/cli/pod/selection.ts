/** How pod verbs choose their pods, and how they report: shared by all of them. */
import type { Selection } from "@podwright/spec/engine-api/containers";
import type { Engine } from "@podwright/spec/engine-api/engine";
import type { PodOutcome } from "@podwright/spec/engine-api/pods";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { readFileSync } from "node:fs";
import type { Io } from "../frame/command.ts";
import { reportOutcomes } from "../print/outcomes.ts";

export const allFlag = { type: "bool", short: "a", help: "Act on all pods", default: false } as const;
export const latestFlag = {
  type: "bool",
  short: "l",
  help: "Act on the latest pod podwright is aware of",
  default: false,
} as const;
export const podIdFileFlag = {
  type: "list",
  help: "Read the pod ID from the file",
  valueName: "file",
  complete: "file",
} as const;

interface Choice {
  readonly args: readonly string[];
  readonly all: boolean;
  readonly latest: boolean;
  readonly idFiles?: readonly string[];
}

/** @throws POD_NOT_FOUND when the latest is asked for and there is none */
export async function selectPods(engine: Engine, choice: Choice): Promise<Selection> {
  const fromFiles = (choice.idFiles ?? []).map(readIdFile);
  if (!choice.latest) return { names: [...choice.args, ...fromFiles], all: choice.all };
  const pods = await (await engine.pods()).list({});
  const latest = pods.toSorted((a, b) => b.created - a.created)[0];
  if (latest === undefined) throw new EngineError("POD_NOT_FOUND", "no pods exist: no such pod");
  return { names: [latest.id], all: false };
}

function readIdFile(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause;
    throw new EngineError("CLI_USAGE", `error reading pod ID file: ${cause.message}`, { cause });
  }
  return text.split("\n")[0]?.trim() ?? "";
}

/** Prints one line a pod, each failure of a member on a line of its own; gives the exit status. */
export function reportPods(
  io: Io,
  outcomes: readonly PodOutcome[],
  show: (outcome: PodOutcome) => string,
): number {
  const lines = outcomes.flatMap((outcome) => {
    const members = outcome.memberErrors.map(({ id, error }) => ({ input: id, error, memberErrors: [] }));
    const ownError = outcome.error !== undefined && !members.some((member) => member.error === outcome.error);
    return outcome.error === undefined || ownError ? [outcome, ...members] : members;
  });
  return reportOutcomes(io, lines, (line) => show({ memberErrors: [], ...line }));
}

/** The id, or what was typed where the object has gone. */
export function idOf(outcome: PodOutcome): string {
  return outcome.id ?? outcome.input;
}

/** What a row of the benchmark is: an action of an engine, what goes before and after it, and who has no such action. */
import type { Engine, Kind } from "../engines.ts";
import { requireSuccess, run } from "../process.ts";

export const IMAGE = "127.0.0.1:5000/library/busybox:latest";
export const BIG_IMAGE = "127.0.0.1:5000/library/big:latest";
export const TEN_LAYERS = "127.0.0.1:5000/library/ten-layers:latest";
/** Ends by a signal only. */
export const STAY: readonly string[] = ["sleep", "1000000"];

export type Group = "start" | "pods" | "images" | "lists" | "scale" | "requests" | "user";

/** One engine's turn. */
export interface Turn {
  readonly engine: Engine;
  /** For names: no two turns of an engine have the same. */
  readonly index: number;
  /** The bundle of a bare runtime. */
  readonly bundle: string;
}

export type Action =
  /** Run one after the other; their sum is the sample, or each of them is one. */
  | { readonly commands: readonly (readonly string[])[]; readonly samples: "sum" | "each" }
  /** Milliseconds that it found out itself. */
  | { readonly probe: () => Promise<number> };

export interface Row {
  readonly name: string;
  readonly title: string;
  readonly group: Group;
  /** As parts of Podman's time. */
  readonly goal?: number;
  readonly stretch?: number;
  /** Those who have no counterpart, and why. */
  readonly cannot?: Partial<Readonly<Record<Kind, string>>>;
  /** How often in a row of turns; for what changes nothing. */
  readonly times?: number;
  /** Peak memory is measured in turns of its own, in the same ones (long actions), or not. */
  readonly weigh: "apart" | "same" | "never";
  /** False: what it starts goes on, and would not survive a tracer that lets go. */
  readonly follow?: false;
  readonly before?: (turn: Turn) => Promise<void>;
  readonly act: (turn: Turn) => Action;
  readonly after?: (turn: Turn) => Promise<void>;
}

/** Rows that share what they work on; they are run in their order. */
export interface Scenario {
  /** By an ordinary user, on the engines that have such users. */
  readonly user?: boolean;
  readonly rounds: number;
  /** Rounds before that, which do not count. */
  readonly warmUps: number;
  readonly rows: readonly Row[];
  readonly setUp?: (turn: Turn) => Promise<void>;
  readonly tearDown?: (turn: Turn) => Promise<void>;
}

/** An engine's command, not measured. @throws unless it succeeds */
export function ask({ engine }: Turn, ...args: readonly string[]): Promise<string> {
  return requireSuccess([...engine.argv, ...args], { env: engine.env });
}

export function one(turn: Turn, ...args: readonly string[]): Action {
  return { commands: [[...turn.engine.argv, ...args]], samples: "sum" };
}

/** Without waiting for a container that does not mind being asked. */
export async function remove(turn: Turn, name: string): Promise<void> {
  const { kind } = turn.engine;
  if (kind === "runtime") await ask(turn, "delete", "--force", name);
  else await ask(turn, "rm", "-f", ...(kind === "docker" ? [] : ["-t", "0"]), name);
}

/** Every container. Docker has no flag for it. */
export function removeAllCommand({ engine }: Turn): readonly string[] {
  if (engine.kind !== "docker") return [...engine.argv, "rm", "-f", "-a", "-t", "0"];
  return [
    "sh",
    "-c",
    'docker=$*; ids=$($docker ps -aq); [ -z "$ids" ] || $docker rm -f $ids',
    "sh",
    ...engine.argv,
  ];
}

export async function removeAll(turn: Turn): Promise<void> {
  if (turn.engine.kind !== "runtime") await requireSuccess(removeAllCommand(turn), { env: turn.engine.env });
}

/** Pods, containers and whatever a failed row has left of them; nothing is said of what will not go. */
export async function sweep(turn: Turn): Promise<void> {
  const { argv, env, kind } = turn.engine;
  if (kind === "runtime") return;
  if (kind !== "docker") await run([...argv, "pod", "rm", "-f", "-a", "-t", "0"], { env });
  await run(removeAllCommand(turn), { env });
}

export const NO_PODS = "has no pods";
export const NO_NETWORK = "makes no network";
export const NO_STORE = "keeps no containers' records to list";
export const NO_IMAGES = "has no images";

/** The command line of bench/run. */
import { parseArgs } from "node:util";
import type { Peer } from "./engines.ts";

export interface Options {
  readonly help: boolean;
  readonly list: boolean;
  /** None: all. */
  readonly rows: readonly string[];
  readonly repeat: number | undefined;
  readonly peers: readonly string[] | undefined;
  readonly more: readonly Peer[];
  /** Looks into each row once in place of measuring it. */
  readonly trace: boolean;
  /** Rows of an earlier run stay where this one has none. */
  readonly keep: boolean;
}

export const USAGE = `usage: bench/run [options] [ROW...]
  --list              names the rows
  --repeat N          rounds of each row (without: each row's own number)
  --peers A,B         of podwright, podman, docker, crun: only these
  --peer NAME=PATH    one more engine: a program with the commands of Podman, Docker or crun
  --root DIRECTORY    everything, this engine too, runs in this root of another system
  --out DIRECTORY     for results.json (without: docs/benchmarks for all rows, .cache/benchmarks for some)
  --trace             writes traces of the rows (bench/trace) in place of measuring them
  --keep              keeps rows that are there already
`;

/** @throws Error that says which argument is wrong */
export function parseOptions(argv: readonly string[], known: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      help: { type: "boolean", short: "h", default: false },
      list: { type: "boolean", default: false },
      repeat: { type: "string" },
      peers: { type: "string" },
      peer: { type: "string", multiple: true, default: [] },
      trace: { type: "boolean", default: false },
      keep: { type: "boolean", default: false },
    },
  });
  const unknown = positionals.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new Error(`no row is called "${unknown}"; there are: ${known.join(", ")}`);
  const repeat = values.repeat === undefined ? undefined : Number(values.repeat);
  if (repeat !== undefined && !(Number.isInteger(repeat) && repeat > 0))
    throw new Error(`--repeat takes a number above 0, not "${values.repeat}"`);
  return {
    help: values.help,
    list: values.list,
    rows: positionals,
    repeat,
    peers: values.peers?.split(","),
    more: values.peer.map(parsePeer),
    trace: values.trace,
    keep: values.keep,
  };
}

function parsePeer(text: string): Peer {
  const [, name, program] = /^([\w.-]+)=(.+)$/.exec(text) ?? [];
  if (name === undefined || program === undefined) throw new Error(`--peer takes NAME=PATH, not "${text}"`);
  return { name, program };
}

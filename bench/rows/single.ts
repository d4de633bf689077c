/** Rows of one container: what a person waits for most often. */
import { requireSuccess } from "../process.ts";
import { ask, IMAGE, NO_NETWORK, NO_STORE, one, remove, type Scenario, STAY, type Turn } from "./row.ts";

const FEW = [1, 2, 3];

export const SINGLE: readonly Scenario[] = [
  {
    rounds: 30,
    warmUps: 2,
    rows: [
      {
        name: "version",
        title: "`--version`",
        group: "start",
        weigh: "apart",
        act: (turn) => ({ commands: [[turn.engine.argv[0] ?? "", "--version"]], samples: "sum" }),
      },
    ],
  },
  {
    rounds: 20,
    warmUps: 2,
    rows: [
      {
        name: "run",
        title: "`run --rm IMAGE true`, default bridge",
        group: "start",
        goal: 0.2,
        stretch: 0.1,
        weigh: "apart",
        cannot: { runtime: NO_NETWORK },
        act: (turn) => one(turn, "run", "--rm", IMAGE, "true"),
      },
    ],
  },
  {
    rounds: 20,
    warmUps: 2,
    rows: [
      {
        name: "run-none",
        title: "`run --rm --network none IMAGE true`",
        group: "start",
        goal: 0.25,
        stretch: 0.15,
        weigh: "apart",
        act: (turn) =>
          turn.engine.kind === "runtime"
            ? one(turn, "run", "--bundle", turn.bundle, `b${turn.index}`)
            : one(turn, "run", "--rm", "--network", "none", IMAGE, "true"),
      },
    ],
  },
  {
    rounds: 15,
    warmUps: 1,
    rows: [
      {
        name: "run-detached",
        title: "`run -d IMAGE`, default bridge",
        group: "start",
        goal: 0.25,
        stretch: 0.15,
        weigh: "apart",
        cannot: { runtime: NO_NETWORK },
        act: (turn) => one(turn, "run", "-d", "--name", `d${turn.index}`, IMAGE, ...STAY),
        after: (turn) => remove(turn, `d${turn.index}`),
      },
    ],
  },
  {
    rounds: 20,
    warmUps: 2,
    setUp: startOne,
    tearDown: (turn) => remove(turn, "there"),
    rows: [
      {
        name: "exec",
        title: "`exec CONTAINER true`",
        group: "start",
        goal: 0.3,
        stretch: 0.15,
        weigh: "apart",
        act: (turn) => one(turn, "exec", "there", "true"),
      },
    ],
  },
  {
    rounds: 20,
    warmUps: 2,
    setUp: async (turn) => {
      for (const each of FEW) await ask(turn, "run", "-d", "--name", `few${each}`, IMAGE, ...STAY);
    },
    tearDown: async (turn) => {
      for (const each of FEW) await remove(turn, `few${each}`);
    },
    rows: [
      {
        name: "ps",
        title: "`ps`, 3 containers",
        group: "lists",
        goal: 0.3,
        weigh: "apart",
        cannot: { runtime: NO_STORE },
        act: (turn) => one(turn, "ps"),
      },
    ],
  },
];

/** A container that a bare runtime starts keeps the runtime's output open: none of ours. */
async function startOne(turn: Turn): Promise<void> {
  if (turn.engine.kind === "runtime")
    await requireSuccess([
      "sh",
      "-c",
      '"$@" >/dev/null 2>&1',
      "sh",
      ...turn.engine.argv,
      "run",
      "--detach",
      "--bundle",
      `${turn.bundle}-stay`,
      "there",
    ]);
  else await ask(turn, "run", "-d", "--name", "there", IMAGE, ...STAY);
}

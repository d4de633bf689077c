/** Rows of a full store: a thousand containers, half of them running. */
import { requireSuccess } from "../process.ts";
import { ask, IMAGE, NO_STORE, one, removeAll, type Scenario, STAY, type Turn } from "./row.ts";

const CONTAINERS = 1000;
const RUNNING = 500;
const BATCH = 100;

const WITHOUT = {
  runtime: NO_STORE,
  docker: "left out: to fill and to empty its store takes a quarter of the whole run",
};

/** Without network: a bridge of Linux takes 1,024 ports. */
async function fill(turn: Turn): Promise<void> {
  const create = [...turn.engine.argv, "create", "--network", "none", "--name", "s@", IMAGE, ...STAY];
  const numbers = Array.from({ length: CONTAINERS }, (_, index) => index + 1);
  await requireSuccess(["xargs", "-P", "2", "-I", "@", ...create], {
    stdin: numbers.join("\n"),
    env: turn.engine.env,
  });
  for (let first = 1; first <= RUNNING; first += BATCH)
    await ask(turn, "start", ...numbers.slice(first - 1, first - 1 + BATCH).map((number) => `s${number}`));
}

export const SCALE: readonly Scenario[] = [
  {
    rounds: 10,
    warmUps: 1,
    setUp: fill,
    tearDown: removeAll,
    rows: [
      {
        name: "ps-1000",
        title: "`ps -a`, 1,000 containers, 500 running",
        group: "lists",
        weigh: "apart",
        cannot: WITHOUT,
        act: (turn) => one(turn, "ps", "-a"),
      },
      {
        name: "run-1000",
        title: "`run --rm IMAGE true` beside 1,000 containers",
        group: "scale",
        weigh: "apart",
        cannot: WITHOUT,
        act: (turn) => one(turn, "run", "--rm", IMAGE, "true"),
      },
    ],
  },
];

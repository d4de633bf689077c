/** Rows of many containers: at once, one after the other, in one call, in one list. */
import { CannotMeasure } from "../measure.ts";
import {
  type Action,
  ask,
  IMAGE,
  NO_NETWORK,
  NO_STORE,
  one,
  removeAll,
  removeAllCommand,
  type Scenario,
  STAY,
  type Turn,
} from "./row.ts";

/** Starts `$1` processes of the command after it, each with its number in place of @@, and fails if one does. */
const AT_ONCE = 'count=$1; shift; seq "$count" | xargs -P "$count" -I @@ "$@"';

const CREATED = 300;
const STARTED = 100;
const numbered = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `m${index}`);

function atOnce(count: number, argv: readonly string[]): Action {
  return { commands: [["sh", "-c", AT_ONCE, "sh", String(count), ...argv]], samples: "sum" };
}

async function expectRunning(turn: Turn, count: number): Promise<void> {
  const ids = (await ask(turn, "ps", "-q")).trim().split("\n");
  if (ids.length !== count) throw new CannotMeasure(`${ids.length} of ${count} containers run`);
}

export const MANY: readonly Scenario[] = [
  {
    rounds: 5,
    warmUps: 1,
    rows: [
      {
        name: "run-20",
        title: "20 × `run --rm IMAGE true` at once, in all",
        group: "scale",
        goal: 0.25,
        stretch: 0.12,
        weigh: "apart",
        act: (turn) =>
          turn.engine.kind === "runtime"
            ? atOnce(20, [...turn.engine.argv, "run", "--bundle", turn.bundle, `a${turn.index}-@@`])
            : atOnce(20, [...turn.engine.argv, "run", "--rm", IMAGE, "true"]),
      },
    ],
  },
  {
    rounds: 2,
    warmUps: 0,
    tearDown: removeAll,
    rows: [
      {
        name: "run-100",
        title: "100 × `run -d IMAGE` at once, until all run",
        group: "scale",
        weigh: "same",
        cannot: { runtime: NO_NETWORK },
        act: (turn) => atOnce(100, [...turn.engine.argv, "run", "-d", IMAGE, ...STAY]),
        after: async (turn) => {
          await expectRunning(turn, 100);
          await removeAll(turn);
        },
      },
    ],
  },
  {
    rounds: 2,
    warmUps: 0,
    tearDown: removeAll,
    rows: [
      {
        name: "create",
        title: `\`create\`, each of ${CREATED}`,
        group: "start",
        goal: 0.2,
        stretch: 0.12,
        weigh: "never",
        cannot: { runtime: NO_STORE },
        // Where the last row of the four is not wanted, their names are still taken.
        before: removeAll,
        act: ({ engine }) => ({
          commands: numbered(CREATED).map((name) => [
            ...engine.argv,
            "create",
            "--name",
            name,
            IMAGE,
            ...STAY,
          ]),
          samples: "each",
        }),
      },
      {
        name: "start-100",
        title: `\`start\` of ${STARTED} containers in one call`,
        follow: false,
        group: "scale",
        goal: 0.25,
        stretch: 0.12,
        weigh: "same",
        cannot: { runtime: NO_STORE },
        act: (turn) => one(turn, "start", ...numbered(STARTED)),
        after: (turn) => expectRunning(turn, STARTED),
      },
      {
        name: "ps-many",
        title: `\`ps -a\`, ${CREATED} containers, ${STARTED} running`,
        group: "lists",
        goal: 0.15,
        stretch: 0.1,
        weigh: "apart",
        times: 10,
        cannot: { runtime: NO_STORE },
        act: (turn) => one(turn, "ps", "-a"),
      },
      {
        name: "rm-many",
        title: `\`rm -fa\`, ${CREATED} containers, ${STARTED} running`,
        group: "scale",
        goal: 0.15,
        stretch: 0.05,
        weigh: "same",
        cannot: { runtime: NO_STORE },
        act: (turn) => ({ commands: [removeAllCommand(turn)], samples: "sum" }),
      },
    ],
  },
];

/** Rows of an ordinary user: what is measured for root in single.ts and pods.ts. */
import { BESIDE_A_POD, createAndStart, removePod, runBeside } from "./pods.ts";
import { ask, IMAGE, one, type Row, type Scenario, STAY } from "./row.ts";

function row(part: Pick<Row, "name" | "title" | "act"> & Partial<Row>): Row {
  return { group: "user", goal: 0.3, weigh: "apart", ...part };
}

export const USER: readonly Scenario[] = [
  {
    user: true,
    rounds: 15,
    warmUps: 2,
    rows: [
      row({
        name: "user-run",
        title: "`run --rm IMAGE true`, default network",
        act: (turn) => one(turn, "run", "--rm", IMAGE, "true"),
      }),
    ],
  },
  {
    user: true,
    rounds: 15,
    warmUps: 1,
    rows: [
      row({
        name: "user-run-none",
        title: "`run --rm --network none IMAGE true`",
        act: (turn) => one(turn, "run", "--rm", "--network", "none", IMAGE, "true"),
      }),
    ],
  },
  {
    user: true,
    rounds: 15,
    warmUps: 1,
    ...BESIDE_A_POD,
    rows: [
      row({
        name: "user-run-pod",
        title: "`run --rm --pod POD IMAGE true`",
        act: runBeside,
      }),
    ],
  },
  {
    user: true,
    rounds: 10,
    warmUps: 1,
    rows: [
      row({
        name: "user-pod-create",
        title: "`pod create -p 8080:80`, then `pod start`",
        act: (turn) => createAndStart(turn, "8080:80"),
        after: removePod,
      }),
    ],
  },
  {
    user: true,
    rounds: 15,
    warmUps: 1,
    setUp: async (turn) => void (await ask(turn, "run", "-d", "--name", "there", IMAGE, ...STAY)),
    tearDown: async (turn) => void (await ask(turn, "rm", "-f", "-t", "0", "there")),
    rows: [
      row({
        name: "user-exec",
        title: "`exec CONTAINER true`",
        act: (turn) => one(turn, "exec", "there", "true"),
      }),
      row({ name: "user-ps", title: "`ps`, one container", act: (turn) => one(turn, "ps") }),
    ],
  },
];

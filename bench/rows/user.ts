/** Rows of an ordinary user: what is measured for root in single.ts and pods.ts. */
import { ask, IMAGE, one, type Row, type Scenario, STAY, type Turn } from "./row.ts";

const podName = (turn: Turn): string => `pod${turn.index}`;
const removePod = async (turn: Turn): Promise<void> => {
  await ask(turn, "pod", "rm", "-f", "-t", "0", podName(turn));
};

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
    setUp: async (turn) => {
      await ask(turn, "pod", "create", "--name", "joined");
      await ask(turn, "pod", "start", "joined");
    },
    tearDown: async (turn) => void (await ask(turn, "pod", "rm", "-f", "-t", "0", "joined")),
    rows: [
      row({
        name: "user-run-pod",
        title: "`run --rm --pod POD IMAGE true`",
        act: (turn) => one(turn, "run", "--rm", "--pod", "joined", IMAGE, "true"),
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
        act: (turn) => {
          const { argv } = turn.engine;
          return {
            commands: [
              [...argv, "pod", "create", "--name", podName(turn), "-p", "8080:80"],
              [...argv, "pod", "start", podName(turn)],
            ],
            samples: "sum",
          };
        },
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

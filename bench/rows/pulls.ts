/** Rows of images: pulls from a registry on loopback, of the same tree in one layer and in ten. */
import { ask, BIG_IMAGE, NO_IMAGES, one, type Row, type Scenario, TEN_LAYERS } from "./row.ts";

function pull(row: Pick<Row, "name" | "title"> & Partial<Row>, image: string): Scenario {
  return {
    rounds: 3,
    warmUps: 0,
    rows: [
      {
        group: "images",
        weigh: "same",
        cannot: { runtime: NO_IMAGES },
        act: (turn) => one(turn, "pull", image),
        after: async (turn) => void (await ask(turn, "rmi", image)),
        ...row,
      },
    ],
  };
}

export const PULLS: readonly Scenario[] = [
  pull(
    { name: "pull", title: "`pull`, one layer of 187 MB (498 MB, 14,000 files)", goal: 0.25, stretch: 0.15 },
    BIG_IMAGE,
  ),
  pull({ name: "pull-ten", title: "`pull`, the same in ten layers" }, TEN_LAYERS),
  {
    rounds: 3,
    warmUps: 0,
    rows: [
      {
        name: "rmi",
        title: "`rmi` of it",
        group: "images",
        weigh: "same",
        cannot: { runtime: NO_IMAGES },
        before: async (turn) => void (await ask(turn, "pull", BIG_IMAGE)),
        act: (turn) => one(turn, "rmi", BIG_IMAGE),
      },
    ],
  },
];

/** Rows of images: pulls from a registry on loopback, of the same tree in one layer and in ten, and their removal. */
import { ask, BIG_IMAGE, NO_IMAGES, one, type Row, type Scenario, TEN_LAYERS, type Turn } from "./row.ts";

const WITHOUT = { runtime: NO_IMAGES };

function pullRow(row: Pick<Row, "name" | "title"> & Partial<Row>, image: string): Row {
  return {
    group: "images",
    weigh: "same",
    cannot: WITHOUT,
    before: (turn) => removeIfThere(turn, image),
    act: (turn) => one(turn, "pull", image),
    ...row,
  };
}

async function removeIfThere(turn: Turn, image: string): Promise<void> {
  const there = (await ask(turn, "images", "-q", image)).trim() !== "";
  if (there) await ask(turn, "rmi", image);
}

export const PULLS: readonly Scenario[] = [
  {
    rounds: 3,
    warmUps: 0,
    tearDown: (turn) => removeIfThere(turn, BIG_IMAGE),
    rows: [
      pullRow(
        {
          name: "pull",
          title: "`pull`, one layer of 187 MB (498 MB, 14,000 files)",
          goal: 0.25,
          stretch: 0.15,
        },
        BIG_IMAGE,
      ),
      {
        name: "rmi",
        title: "`rmi` of it",
        group: "images",
        weigh: "never",
        cannot: WITHOUT,
        act: (turn) => one(turn, "rmi", BIG_IMAGE),
      },
    ],
  },
  {
    rounds: 3,
    warmUps: 0,
    tearDown: (turn) => removeIfThere(turn, TEN_LAYERS),
    rows: [pullRow({ name: "pull-ten", title: "`pull`, the same in ten layers" }, TEN_LAYERS)],
  },
];

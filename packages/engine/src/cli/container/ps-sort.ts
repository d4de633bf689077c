/** `ps --sort`. */
import type { ContainerSummary } from "@podwright/spec/engine-api/containers";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { stateName } from "@podwright/spec/libpod-api/state-names";

type Key = (row: ContainerSummary) => string | number;

const KEYS: Readonly<Record<string, Key>> = {
  command: (row) => row.command.join(" "),
  created: (row) => row.created,
  id: (row) => row.id,
  image: (row) => row.image,
  names: (row) => row.name,
  runningfor: (row) => row.startedAt,
  size: (row) => row.size?.rootFs ?? 0,
  status: (row) => stateName(row.status),
};

export const SORT_KEYS: readonly string[] = Object.keys(KEYS);

/** Containers that compare equal keep their order. @throws CLI_USAGE */
export function sortContainers(
  rows: readonly ContainerSummary[],
  by: string | undefined,
): ContainerSummary[] {
  if (by === undefined || by === "") return [...rows];
  const key = Object.hasOwn(KEYS, by) ? KEYS[by] : undefined;
  if (key === undefined) {
    const quoted = JSON.stringify(by);
    throw new EngineError(
      "CLI_USAGE",
      `invalid argument ${quoted} for "--sort" flag: ${quoted} is not a valid value.  Choose from: "${SORT_KEYS.join(", ")}"`,
    );
  }
  return rows.toSorted((a, b) => compare(key(a), key(b)));
}

function compare(a: string | number, b: string | number): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

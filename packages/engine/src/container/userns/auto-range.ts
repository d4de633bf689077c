/** `--userns auto`: a range of ids that no other container has. Pure; called in the transaction that notes it. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import {
  checkIdMap,
  type IdKind,
  type IdMapping,
  type IdMappings,
  type IdRange,
  mergeIdMap,
  subtractIds,
} from "@podwright/spec/values/id-map";

export interface AutoUserns {
  /** Absent: as many as the image needs. */
  readonly size?: number;
  /** What the user wants in any case. */
  readonly fixed: IdMappings;
  readonly available: Readonly<Record<IdKind, readonly IdRange[]>>;
}

/** As in Podman. */
export const LEAST_AUTO = 1024;
const MOST_AUTO = 65_536;

/** `needed`: one more than the highest id of the image's files and accounts. @throws CONTAINER_INVALID */
export function autoSize({ size }: AutoUserns, needed: number): number {
  if (size !== undefined) return size;
  if (needed <= MOST_AUTO) return Math.max(needed, LEAST_AUTO);
  throw new EngineError(
    "CONTAINER_INVALID",
    `the container needs a user namespace with size ${needed} that is bigger than the maximum value allowed with userns=auto ${MOST_AUTO}`,
    { hint: `--userns auto:size=${needed} takes as many` },
  );
}

/** The lowest ids that are free. `used` are the maps of all others. @throws CONTAINER_INVALID */
export function allotRange(auto: AutoUserns, size: number, used: readonly IdMappings[]): IdMappings {
  return { uid: allot(auto, size, used, "uid"), gid: allot(auto, size, used, "gid") };
}

function allot(
  { fixed, available }: AutoUserns,
  size: number,
  used: readonly IdMappings[],
  kind: IdKind,
): IdMapping[] {
  const taken = [...used.flatMap((mappings) => mappings[kind]), ...fixed[kind]];
  const free = subtractIds(
    available[kind],
    taken.map((piece) => ({ first: piece.outside, size: piece.size })),
  );
  const wanted = subtractIds(
    [{ first: 0, size }],
    fixed[kind].map((piece) => ({ first: piece.inside, size: piece.size })),
  );
  const mappings = mergeIdMap([...zip(wanted, free), ...fixed[kind]]);
  checkIdMap(mappings, kind);
  return mappings;
}

function zip(wanted: readonly IdRange[], free: readonly IdRange[]): IdMapping[] {
  const left = [...free];
  return wanted.flatMap((range) => {
    const result: IdMapping[] = [];
    for (let done = 0; done < range.size; ) {
      const next = left.shift();
      if (next === undefined) {
        throw new EngineError("CONTAINER_INVALID", "could not find enough available IDs", {
          hint: "give fewer with --userns auto:size=N, remove containers that have some, or add ids to /etc/subuid and /etc/subgid",
        });
      }
      const size = Math.min(range.size - done, next.size);
      result.push({ inside: range.first + done, outside: next.first, size });
      if (size < next.size) left.unshift({ first: next.first + size, size: next.size - size });
      done += size;
    }
    return result;
  });
}

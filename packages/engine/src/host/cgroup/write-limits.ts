/** Writes limits of a cgroup so that all of them hold, or all are as before. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { writeFileSync } from "node:fs";
import { readIfThere } from "../../base/if-there.ts";
import type { LimitValue } from "../../ports/cgroups.ts";
import { isErrno } from "../sys/libc.ts";
import { writeCpuset } from "./cpuset-v1.ts";

/** What a limit file is to say. */
export interface LimitWrite extends LimitValue {
  /** The cgroup's, in the hierarchy of the file's controller. */
  readonly directory: string;
  /** v1: a parent's set bounds its children's, which do not follow it by themselves. */
  readonly cpuset: boolean;
}

/** @throws HOST_CALL_FAILED */
export function writeLimits(writes: readonly LimitWrite[]): void {
  const before = currentLimits(writes);
  try {
    writeAll(writes);
  } catch (error) {
    putBack(writes, before);
    throw error;
  }
}

/** As they are at this moment; those that the kernel does not have are left out. */
export function currentLimits(writes: readonly Omit<LimitWrite, "value">[]): LimitValue[] {
  return writes.flatMap(({ directory, file }) => {
    const value = readIfThere(`${directory}/${file}`)?.trim();
    return value === undefined ? [] : [{ file, value }];
  });
}

export function putBack(places: readonly Omit<LimitWrite, "value">[], values: readonly LimitValue[]): void {
  const writes = values.flatMap(({ file, value }) => {
    const place = places.find((write) => write.file === file);
    return place === undefined ? [] : [{ ...place, value }];
  });
  writeAll(
    writes.filter(({ directory, file, value }) => readIfThere(`${directory}/${file}`)?.trim() !== value),
  );
}

/**
 * Some bound one another, upwards or downwards: memory with and without swap, quota and period. What is refused at
 * first is asked again after the others.
 */
function writeAll(writes: readonly LimitWrite[]): void {
  const refused = writes.filter((write) => failureOf(write) !== undefined);
  for (const write of refused) {
    const failure = failureOf(write);
    if (failure !== undefined) throw failure;
  }
}

function failureOf(write: LimitWrite): EngineError | undefined {
  const { directory, file, value, cpuset } = write;
  try {
    if (file === "memory.max") makeRoom(directory, value);
    if (cpuset) writeCpuset(directory, file, value);
    else writeFileSync(`${directory}/${file}`, value);
    return undefined;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    // "No limit" where the kernel cannot limit is what was asked for.
    if (isErrno(error, "ENOENT") && ["-1", "max"].includes(value)) return undefined;
    if (error instanceof EngineError) return error;
    return cannotLimit(write, "code" in error ? String(error.code) : error.message);
  }
}

/**
 * v2 takes a limit below what is in use, and kills for it. v1 refuses it, once it has tried to get memory back: the
 * same here. @throws HOST_CALL_FAILED
 */
function makeRoom(directory: string, value: string): void {
  if (value === "max") return;
  const surplus = (): number => Number(readIfThere(`${directory}/memory.current`) ?? 0) - Number(value);
  const wanted = surplus();
  if (wanted <= 0) return;
  try {
    writeFileSync(`${directory}/memory.reclaim`, String(wanted));
  } catch (error) {
    // Not all of it could be had, or the kernel is older than 5.19.
    if (!isErrno(error, "EAGAIN", "ENOENT", "EACCES", "EINVAL")) throw error;
  }
  if (surplus() > 0) throw cannotLimit({ file: "memory.max", value }, "EBUSY");
}

export function cannotLimit(
  { file, value }: LimitValue,
  why: string,
  details: Readonly<Record<string, unknown>> = {},
): EngineError {
  const reason = why === "EBUSY" && file.startsWith("memory.") ? `${why}: more than that is in use` : why;
  return new EngineError("HOST_CALL_FAILED", `cannot set ${file} to ${value}: ${reason}`, {
    details: { errno: why, file, ...details },
  });
}

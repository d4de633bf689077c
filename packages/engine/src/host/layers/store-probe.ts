/** Whether this host can do something with layers of this store: it is tried, once per kernel, and the answer kept in the store. */
import { mkdirSync } from "node:fs";
import { askedOf, isSameAsked, keepKernelAnswer, readKernelAnswer } from "../sys/kernel-answer.ts";
import type { LockedStaging } from "./staging.ts";

export interface StoreProbe {
  /** Where what is asked about stands; made where it is missing. */
  readonly directory: string;
  /** The answer's file in it, and the answer's name there. */
  readonly file: string;
  readonly name: string;
  readonly staging: LockedStaging;
  /** In an area of its own. undefined: it could not be tried, which says nothing of the host. */
  readonly attempt: (area: string) => boolean | undefined | Promise<boolean | undefined>;
}

/** False also where it could not be tried; that is not kept. */
export async function probeStore({ directory, file, name, staging, attempt }: StoreProbe): Promise<boolean> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const here = askedOf(directory);
  const path = `${directory}/${file}`;
  const kept = readKernelAnswer(path);
  if (kept !== undefined && kept !== "torn" && isSameAsked(kept, here)) return kept[name] === true;
  await using area = await staging.open();
  const found = await attempt(area.path);
  if (found === undefined) return false;
  keepKernelAnswer(path, { ...here, [name]: found }, `${area.path}/answer`);
  return found;
}

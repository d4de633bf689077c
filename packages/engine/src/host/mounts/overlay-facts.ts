/** How a store's overlays are mounted, for who asks. */
import { isEngineError } from "@podwright/spec/errors/engine-error";
import { existsSync, readFileSync, statfsSync } from "node:fs";
import { rootlessUser } from "../../base/rootless.ts";
import { byKernel } from "./kernel-mounts.ts";
import { OverlayChoice } from "./overlay-choice.ts";
import type { OverlayStore } from "./overlay-store.ts";

export interface OverlayFacts {
  readonly program: string;
  readonly shifting: boolean;
  readonly metacopy: boolean;
}

/** linux/magic.h: file systems on which everything that overlays need is known to be there. */
const EXT4 = 0xef53;
const XFS = 0x58465342;
const BTRFS = 0x9123683e;
const TMPFS = 0x01021994;
const KNOWN: readonly number[] = [EXT4, XFS, BTRFS, TMPFS];
/** Linux 5.19: overlays of idmapped mounts. */
const MAPPED_SINCE = 5019;

export async function overlayFacts(store: OverlayStore): Promise<OverlayFacts> {
  const program = await programOf(store);
  const release = /^(\d+)\.(\d+)/.exec(readFileSync("/proc/sys/kernel/osrelease", "utf8"));
  const kernel = Number(release?.[1] ?? 0) * 1000 + Number(release?.[2] ?? 0);
  const metacopy = "/sys/module/overlay/parameters/metacopy";
  const isRoot = rootlessUser(process.env) === undefined;
  return {
    program,
    shifting: program !== "" || (isRoot && kernel >= MAPPED_SINCE),
    metacopy:
      program === "" && isRoot && existsSync(metacopy) && readFileSync(metacopy, "latin1").startsWith("Y"),
  };
}

/** "" also where nothing works: what is missing is said by who needs it. */
async function programOf(store: OverlayStore): Promise<string> {
  if (!existsSync(store.root)) return "";
  const choice = new OverlayChoice(store, byKernel);
  const sure = KNOWN.includes(statfsSync(store.root).type >>> 0);
  try {
    return await (sure ? choice.program() : choice.tried());
  } catch (error) {
    if (isEngineError(error, "HOST_CALL_FAILED")) return "";
    throw error;
  }
}

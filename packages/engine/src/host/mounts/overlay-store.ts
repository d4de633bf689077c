/** What deciding who mounts a store's overlays goes by. */
import type { IdMappings } from "@podwright/spec/values/id-map";
import type { OverlayRequest } from "../../ports/mounts.ts";

export interface OverlayStore {
  readonly root: string;
  readonly runRoot: string;
  /** Whether there is a storage.conf: it may name a program that mounts. */
  readonly isConfigured: () => boolean;
  /** "" where storage.conf names none. @throws CONFIG_INVALID */
  readonly mountProgram: () => Promise<string>;
}

export type ByKernel = (request: OverlayRequest, mappings?: IdMappings) => Promise<void>;

/** There where a program was ever chosen: its being there says that the kernel is not simply asked. */
export function answerFile(root: string): string {
  return `${root}/overlay.json`;
}

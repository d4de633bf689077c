import { containerCodes } from "./codes/container.ts";
import { filesCodes } from "./codes/files.ts";
import { imageCodes } from "./codes/image.ts";
import { kubeCodes } from "./codes/kube.ts";
import { networkCodes } from "./codes/network.ts";
import { podCodes } from "./codes/pod.ts";
import { systemCodes } from "./codes/system.ts";
import { volumeCodes } from "./codes/volume.ts";
import type { ErrorRow } from "./kinds.ts";

/** Every code that an EngineError can carry: never renumbered, never reused. */
export const CATALOGUE = {
  ...containerCodes,
  ...podCodes,
  ...imageCodes,
  ...volumeCodes,
  ...networkCodes,
  ...filesCodes,
  ...kubeCodes,
  ...systemCodes,
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof CATALOGUE;

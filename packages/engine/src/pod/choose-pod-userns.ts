/** The user namespace that a pod's members share. */
import type { UsernsRequest } from "@podwright/spec/engine-api/containers";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { IdMappings } from "@podwright/spec/values/id-map";
import { chooseUserns } from "../container/userns/choose-userns.ts";
import type { PodConfig } from "../ports/pod-record.ts";
import type { PodContext } from "./context.ts";

export interface PodUserns {
  readonly config: Pick<PodConfig, "idMappings" | "usernsPath" | "usernsUser" | "autoUserns">;
  /** See ChosenUserns. */
  readonly allot?: () => IdMappings;
}

/** What images the members will have is not known: enough for all but a few. */
const HIGHEST_OF_MEMBERS = 65_535;

/** @throws CONTAINER_INVALID, POD_INVALID */
export async function choosePodUserns(ctx: PodContext, request: UsernsRequest): Promise<PodUserns> {
  const host = await ctx.userns();
  const chooser = { host, store: ctx.store, needed: () => HIGHEST_OF_MEMBERS + 1 };
  const { mode, idMappings, user, allot, auto } = await chooseUserns(chooser, request);
  if (mode.kind === "container") {
    throw new EngineError("POD_INVALID", "a pod cannot join a container's user namespace");
  }
  return {
    config: {
      ...(idMappings === undefined ? {} : { idMappings }),
      ...(mode.kind === "path" ? { usernsPath: mode.path } : {}),
      ...(user === undefined ? {} : { usernsUser: user }),
      ...(auto === undefined ? {} : { autoUserns: auto }),
    },
    ...(allot === undefined ? {} : { allot }),
  };
}

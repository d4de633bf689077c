/** Gives a container another name. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { containerEvent } from "./container-event.ts";
import type { ContainerContext } from "./context.ts";
import { healContainer } from "./heal.ts";
import { namedContainer } from "./select.ts";

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;

/** @throws CONTAINER_NAME_IN_USE, CONTAINER_INVALID */
export async function renameContainer(ctx: ContainerContext, nameOrId: string, asked: string): Promise<void> {
  const name = asked.replace(/^\//, "");
  if (!NAME.test(name)) {
    throw new EngineError(
      "CONTAINER_INVALID",
      "names must match [a-zA-Z0-9][a-zA-Z0-9_.-]*: invalid argument",
      { details: { name } },
    );
  }
  const { config } = namedContainer(ctx, nameOrId);
  using _lock = await ctx.locks.acquire(`container-${config.id}`);
  await healContainer(ctx, config.id);
  ctx.store.containers.rename(config.id, name);
  ctx.events.write(containerEvent({ ...config, name }, "rename"));
}

/** `image prune`: removes images that nothing shows or, with `all`, that no container uses. */
import type { Filters } from "@podwright/spec/engine-api/common";
import type { RemovedImage } from "@podwright/spec/engine-api/images";
import { EngineError, isEngineError } from "@podwright/spec/errors/engine-error";
import type { ImageContext } from "./context.ts";
import { familyOf } from "./family.ts";
import { compileFilters } from "./filters.ts";
import { removeWhole } from "./remove.ts";
import { sweepLeftovers } from "./sweep.ts";

const REMOVE = { force: false, ignore: true, noPrune: false };

/** Repeats until nothing more falls: a parent is dangling only once its children are gone. */
export async function pruneImages(
  ctx: ImageContext,
  filters: Filters,
  options: { readonly all: boolean },
): Promise<RemovedImage[]> {
  const { dangling, ...others } = filters;
  const wanted = {
    ...others,
    containers: ["false"],
    ...(options.all ? {} : { dangling: dangling ?? ["true"] }),
  };
  if (options.all && dangling !== undefined) {
    throw new EngineError("CLI_USAGE", "the dangling filter cannot be used with --all");
  }
  const removed: RemovedImage[] = [];
  const failed = new Set<string>();
  for (;;) {
    const images = ctx.store.images.list();
    const test = compileFilters(ctx, wanted, familyOf(images));
    const next = images.find((image) => test(image) && !failed.has(image.id));
    if (next === undefined) break;
    try {
      removed.push({ input: next.id, ...(await removeWhole(ctx, next, REMOVE)) });
    } catch (error) {
      // A container of it was made meanwhile.
      if (!isEngineError(error, "IMAGE_IN_USE")) throw error;
      failed.add(next.id);
    }
  }
  await sweepLeftovers(ctx);
  return removed;
}

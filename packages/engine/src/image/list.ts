/** `images`: what is in the store, filtered. */
import type { Filters } from "@podwright/spec/engine-api/common";
import type { ImageSummary } from "@podwright/spec/engine-api/images";
import type { ImageContext } from "./context.ts";
import { familyOf } from "./family.ts";
import { compileFilters } from "./filters.ts";
import { summarize } from "./summary.ts";

export interface ListOptions {
  /** Intermediate images too. */
  readonly all: boolean;
  /** As the filter `reference`. */
  readonly name?: string;
}

export function listImages(ctx: ImageContext, filters: Filters, options: ListOptions): ImageSummary[] {
  const images = ctx.store.images.list();
  const family = familyOf(images);
  const wanted = {
    ...filters,
    ...(options.name === undefined ? {} : { reference: [...(filters["reference"] ?? []), options.name] }),
    ...(options.all || filters["intermediate"] !== undefined ? {} : { intermediate: ["false"] }),
  };
  const test = compileFilters(ctx, wanted, family);
  return images.filter(test).map((image) => summarize(ctx, image, family));
}

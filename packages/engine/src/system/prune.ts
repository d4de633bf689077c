/** `system prune`: removes what nobody uses, again and again until nothing more falls. */
import type { Filters, Outcome } from "@podwright/spec/engine-api/common";
import type { PruneOutcome } from "@podwright/spec/engine-api/containers";
import type { RemovedImage } from "@podwright/spec/engine-api/images";
import type { SystemPruneOptions, SystemPruneReport } from "@podwright/spec/engine-api/system";

export interface PruneContext {
  readonly pods: () => Promise<readonly Outcome[]>;
  readonly containers: (filters: Filters) => Promise<readonly PruneOutcome[]>;
  readonly images: (filters: Filters, options: { readonly all: boolean }) => Promise<readonly RemovedImage[]>;
  readonly networks: (filters: Filters) => Promise<readonly Outcome[]>;
  readonly volumes: (filters: Filters) => Promise<readonly Outcome[]>;
  /** Bytes that all layers take now. */
  readonly imagesSize: () => number;
  /** Bytes that each volume takes now, by its name. */
  readonly volumeSizes: () => ReadonlyMap<string, number>;
}

export async function pruneSystem(
  ctx: PruneContext,
  { all, filters, volumes }: SystemPruneOptions,
): Promise<SystemPruneReport> {
  const report = new Gathered();
  const imagesBefore = ctx.imagesSize();
  let reclaimed = 0;
  for (;;) {
    const pods = await ctx.pods();
    const containers = await ctx.containers(filters);
    const images = await ctx.images(filters, { all });
    const networks = await ctx.networks(filters);
    const sizes = volumes ? ctx.volumeSizes() : new Map<string, number>();
    const gone = volumes ? await ctx.volumes(filters) : [];
    reclaimed += containers.reduce((total, { size }) => total + size, 0);
    reclaimed += removed(gone).reduce((total, { input }) => total + (sizes.get(input) ?? 0), 0);
    const more = report.add({
      pods,
      containers,
      images: images.flatMap(imageOutcomes),
      networks,
      volumes: gone,
    });
    if (!more) break;
  }
  return { ...report.kinds, reclaimed: reclaimed + imagesBefore - ctx.imagesSize() };
}

type Kinds = Omit<SystemPruneReport, "reclaimed">;

class Gathered {
  readonly kinds = {
    pods: [] as Outcome[],
    containers: [] as Outcome[],
    images: [] as Outcome[],
    networks: [] as Outcome[],
    volumes: [] as Outcome[],
  };
  readonly #failed = new Set<string>();

  /** True when something has gone that may have held something else. What fails again is told once. */
  add(kinds: Kinds): boolean {
    let gone = false;
    for (const kind of ["pods", "containers", "images", "networks", "volumes"] as const) {
      for (const outcome of kinds[kind]) {
        if (outcome.error === undefined) gone = true;
        else if (this.#failed.has(outcome.input)) continue;
        else this.#failed.add(outcome.input);
        this.kinds[kind].push(outcome);
      }
    }
    return gone;
  }
}

function removed(outcomes: readonly Outcome[]): Outcome[] {
  return outcomes.filter(({ error }) => error === undefined);
}

function imageOutcomes({ input, deleted, error }: RemovedImage): Outcome[] {
  if (error !== undefined) return [{ input, error }];
  return deleted.map((id) => ({ input: id, id }));
}

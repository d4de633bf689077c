/** `system reset`: removes every object, then the store and the run directory themselves. */
import type { Outcome } from "@podwright/spec/engine-api/common";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { runAll, throwCollected } from "../base/cleanup.ts";
import type { ResetContext } from "./context.ts";

/**
 * What cannot be removed does not keep the rest; but while a pod or a container is left, the store stays as well,
 * for only the store knows what belongs to it. Then it can be run again.
 */
export async function resetSystem(ctx: ResetContext): Promise<void> {
  refuseRoot(ctx);
  // Held to the end: what watches over objects that go would be in the way, and nobody starts another.
  using _seat = await ctx.stopSupervisor();
  const busy = await runAll([all(ctx.removePods), all(ctx.removeContainers)]);
  throwCollected(busy);
  const failures = await runAll([
    all(ctx.removeVolumes),
    all(ctx.removeNetworks),
    ctx.destroyFirewall,
    ctx.removeCgroup,
    all(ctx.removeImages),
  ]);
  ctx.closeStore();
  failures.push(
    ...(await runAll([
      () => ctx.deleteDirectory(ctx.settings.runRoot),
      () => ctx.deleteDirectory(ctx.settings.root),
    ])),
  );
  throwCollected(failures);
  // Only now: files of subordinate ids can be removed from within alone.
  ctx.letGoOfNamespaces();
}

/** A mistyped --root must not cost a machine. */
function refuseRoot({ settings }: ResetContext): void {
  for (const path of [settings.root, settings.runRoot]) {
    if (path.replace(/\/+$/, "") === "") {
      throw new EngineError("CLI_USAGE", `refusing to reset a store at ${JSON.stringify(path)}`);
    }
  }
}

function all(remove: () => Promise<readonly Outcome[]>): () => Promise<void> {
  return async () => {
    const outcomes = await remove();
    throwCollected(outcomes.flatMap(({ error }) => (error === undefined ? [] : [error])));
  };
}

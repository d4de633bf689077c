/** `system migrate`: all that runs is stopped, and what an ordinary user's containers ran in is let go. */
import type { Outcome } from "@podwright/spec/engine-api/common";
import { throwCollected } from "../base/cleanup.ts";

export interface MigrateContext {
  /** With their networks, which processes of their own may lead into. */
  readonly stopPods: () => Promise<readonly Outcome[]>;
  readonly stopContainers: () => Promise<readonly Outcome[]>;
  /** Ends the supervisor, and keeps others from starting one until it is disposed of. */
  readonly stopSupervisor: () => Promise<Disposable>;
  /** Nothing for root. */
  readonly letGoOfNamespaces: () => void;
}

export async function migrateSystem(ctx: MigrateContext): Promise<void> {
  using _seat = await ctx.stopSupervisor();
  const outcomes = [...(await ctx.stopPods()), ...(await ctx.stopContainers())];
  throwCollected(outcomes.flatMap(({ error }) => (error === undefined ? [] : [error])));
  ctx.letGoOfNamespaces();
}

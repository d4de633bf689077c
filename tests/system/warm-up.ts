/** What a first use leaves on purpose: the database, empty folders, the network's bridge. No later use may add to it. */
import type { Engine } from "./engine.ts";
import { type HostState, hostState } from "./host-state.ts";

/** Pulls the images, uses pods, containers and volumes once, and lists what is there then. */
export async function warmUp(engine: Engine, ...images: readonly string[]): Promise<HostState> {
  const { ok } = engine;
  for (const image of images) await ok("pull", "-q", image);
  await ok("pod", "create", "--name", "warm-up", "-p", "127.0.0.1:19999:80");
  await ok("run", "--rm", "--pod", "warm-up", "-v", "/volume", "busybox", "true");
  await ok("pod", "rm", "-f", "-t", "0", "warm-up");
  await ok("run", "--rm", "busybox", "true");
  return hostState(engine);
}

/** The pods of a play and what is in them, made but not started. */
import type { Play } from "./play-at-work.ts";
import { at, type Place } from "./play-failure.ts";
import type { PlannedPod } from "./play-plan.ts";

export async function makePod(play: Play, { object, request }: PlannedPod): Promise<void> {
  const { ctx, id } = play;
  const place = { object, path: ["metadata", "name"] };
  ctx.store.plays.update(id, (made) => ({ ...made, pods: [...made.pods, request.id] }));
  const { warnings } = await at(place, `make pod ${request.name}`, async () =>
    (await ctx.pods()).create(request),
  );
  warn(play, place, warnings);
}

/** One after another: their order is that of the manifest. Images are here, so that each takes milliseconds. */
export async function makeContainers(play: Play, pod: PlannedPod): Promise<void> {
  const { ctx, options, containers } = play;
  const api = await ctx.containers();
  const ids: string[] = [];
  containers.set(pod.request.id, ids);
  for (const { request, path } of pod.containers) {
    const place = { object: pod.object, path };
    const { id, warnings } = await at(place, `make container ${request.name ?? ""}`, () =>
      // What was to be pulled has been; a registry is not asked twice.
      api.create({ ...request, pull: "missing" }, options.progress, options.signal),
    );
    ids.push(id);
    warn(play, place, warnings);
  }
}

function warn(play: Play, { object, path }: Place, warnings: readonly string[]): void {
  for (const message of warnings) play.warnings.push(object.at(path, { severity: "warning", message }));
}

/** The images of a play, all of them at once, before anything else is done. */
import type { PullProgress, PullPolicy, PullRequest } from "@podwright/spec/engine-api/images";
import type { KubeContext } from "./context.ts";
import { type Place, playFailure } from "./play-failure.ts";
import type { PlannedContainer, PlannedPod } from "./play-plan.ts";

export interface PullOptions {
  readonly progress: (event: PullProgress) => void;
  readonly signal?: AbortSignal;
}

interface WantedImage {
  readonly request: PullRequest;
  readonly place: Place;
}

/** The first that fails stops the others. @throws KUBE_PLAY_FAILED at the manifest's `image` */
export async function pullImages(
  ctx: KubeContext,
  pods: readonly PlannedPod[],
  { progress, signal }: PullOptions,
): Promise<void> {
  const wanted = wantedImages(pods);
  for (const { request } of wanted) {
    ctx.log.debug(`Pulling image ${request.reference} (policy: ${request.policy})`);
  }
  const missing = wanted.filter(({ request }) => !ctx.imageIsPresent(request));
  if (missing.length === 0) return;
  const images = await ctx.images();
  const failed = new AbortController();
  const either = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]);
  const speakers = inTurn(progress, missing.length);
  const failures: { readonly error: unknown; readonly wanted: WantedImage }[] = [];
  const pull = async (image: WantedImage, index: number): Promise<void> => {
    const speaker = speakers[index];
    try {
      await images.pull({ ...image.request, ahead: true }, (event) => speaker?.say(event), either);
    } catch (error) {
      failures.push({ error, wanted: image });
      failed.abort(error);
    } finally {
      speaker?.end();
    }
  };
  await Promise.all(missing.map(pull));
  const [first] = failures;
  signal?.throwIfAborted();
  if (first === undefined) return;
  throw playFailure(`pull image ${first.wanted.request.reference}`, first.wanted.place, first.error);
}

/** Each once, with the most demanding of the policies that it is wanted with. */
function wantedImages(pods: readonly PlannedPod[]): WantedImage[] {
  const found = new Map<string, WantedImage>();
  for (const pod of pods) {
    for (const container of pod.containers) {
      for (const request of requestsOf(container)) {
        const key = JSON.stringify([request.reference, request.platform]);
        const before = found.get(key);
        if (before !== undefined && RANK[before.request.policy] >= RANK[request.policy]) continue;
        found.set(key, { request, place: { object: pod.object, path: [...container.path, "image"] } });
      }
    }
  }
  return [...found.values()];
}

const RANK: Readonly<Record<PullPolicy, number>> = { never: 0, missing: 1, newer: 2, always: 3 };

function requestsOf({ request, images }: PlannedContainer): PullRequest[] {
  const { image, pull, platform, registry } = request;
  const own = {
    ...registry,
    reference: image,
    policy: pull,
    ...(platform === undefined ? {} : { platform }),
  };
  return [own, ...images];
}

interface Speaker {
  readonly say: (event: PullProgress) => void;
  readonly end: () => void;
}

/**
 * Pulls run side by side, but a reader follows one at a time: what the others say waits until those before them have
 * ended, and of a blob only the last word is kept.
 */
export function inTurn(progress: (event: PullProgress) => void, count: number): readonly Speaker[] {
  const waiting = Array.from({ length: count }, (): PullProgress[] => []);
  const ended = new Set<number>();
  let speaking = 0;
  const next = (): void => {
    while (speaking < count && ended.has(speaking)) {
      speaking++;
      for (const event of waiting[speaking] ?? []) progress(event);
    }
  };
  return waiting.map((events, index) => ({
    say: (event) => {
      if (index <= speaking) progress(event);
      else keep(events, event);
    },
    end: () => {
      ended.add(index);
      next();
    },
  }));
}

function keep(events: PullProgress[], event: PullProgress): void {
  const at =
    event.kind === "blob"
      ? events.findIndex((other) => other.kind === "blob" && other.digest === event.digest)
      : -1;
  if (at === -1) events.push(event);
  else events[at] = event;
}

/** Applies a plan: all of it stands at the end, or nothing of it. */
import type { PlayedPod, PlayReport } from "@podwright/spec/engine-api/kube";
import { applyPlan, type Step } from "../base/plan.ts";
import type { MadeByPlay } from "../ports/play-record.ts";
import type { KubeContext } from "./context.ts";
import { hostPathProblem, makeHostPath, missingParts } from "./host-paths.ts";
import {
  checkSecrets,
  type FormerSecret,
  makeNetworks,
  makeSecrets,
  makeVolumes,
  replaceSecrets,
  restoreSecrets,
} from "./make-objects.ts";
import { makeContainers, makePod } from "./make-pods.ts";
import type { ApplyOptions, Play } from "./play-at-work.ts";
import { startedPods } from "./plan/jobs.ts";
import { podNamesEver } from "./pod-names.ts";
import { amended, at, playFailure } from "./play-failure.ts";
import type { PlannedPod, PlayPlan } from "./play-plan.ts";
import { pullImages } from "./pull-images.ts";
import { startAll } from "./start-pods.ts";
import {
  takeBackNetworks,
  takeBackPaths,
  takeBackPods,
  takeBackSecrets,
  takeBackVolumes,
} from "./take-back.ts";
import { throwFirst } from "../base/outcomes.ts";

/** @throws KUBE_PLAY_FAILED, CANCELED; then nothing that it made is left */
export async function applyPlay(
  ctx: KubeContext,
  plan: PlayPlan,
  options: ApplyOptions,
): Promise<PlayReport> {
  const play: Play = {
    ctx,
    id: ctx.ids.id(),
    plan,
    options,
    containers: new Map(),
    secrets: new Map(),
    warnings: [],
    replaced: [],
  };
  const { signal, afterStep } = options;
  try {
    await applyPlan(stepsOf(play), {
      title: "kube play",
      log: ctx.log,
      ...(signal === undefined ? {} : { signal }),
      ...(afterStep === undefined ? {} : { afterStep }),
    });
  } catch (error) {
    if (play.replaced.length === 0) throw error;
    // They went side by side: told in the manifest's order.
    const gone = plan.pods.map(({ request }) => request.name).filter((name) => play.replaced.includes(name));
    throw amended(error, { hint: goneFor(gone) });
  }
  return {
    pods: await Promise.all(plan.pods.map((pod) => playedPod(play, pod))),
    volumes: plan.volumes.map(({ request }) => request.name ?? ""),
    secrets: plan.secrets.map(({ name }) => ({ name, id: play.secrets.get(name) ?? "" })),
    warnings: play.warnings,
  };
}

function goneFor(names: readonly string[]): string {
  return names.length === 1
    ? `pod ${names[0]}, which was to be replaced, is gone`
    : `pods ${names.join(", ")}, which were to be replaced, are gone`;
}

/**
 * What can be refused comes before what changes something, and what changes only our own before the pods that are
 * replaced are touched.
 */
function stepsOf(play: Play): Step[] {
  const { plan, options } = play;
  return [
    { name: "pull images", apply: () => pullImages(play.ctx, plan.pods, options) },
    {
      name: "look at paths of the host, and at secrets",
      apply: () => {
        checkHostPaths(plan.pods);
        return checkSecrets(play);
      },
    },
    noteStep(play),
    ...namedSteps(play),
    ...plan.pods.flatMap((pod) => hostPathSteps(play, pod)),
    ...(options.replace ? [replaceStep(play)] : []),
    ...plan.pods.flatMap((pod) => podSteps(play, pod)),
    ...jobSteps(play),
    ...(options.start ? [startStep(play)] : []),
    replaceSecretsStep(play),
    { name: "forget that it is at work", apply: () => play.ctx.store.plays.remove(play.id) },
  ];
}

function checkHostPaths(pods: readonly PlannedPod[]): void {
  for (const { object, hostPaths } of pods) {
    for (const { hostPath, type, path } of hostPaths) {
      const problem = hostPathProblem(hostPath, type);
      if (problem !== undefined) {
        throw playFailure(`mount ${hostPath}`, { object, path }, new Error(problem));
      }
    }
  }
}

/** From here on the next command takes back what this one leaves when it is killed. */
function noteStep({ ctx, id }: Play): Step {
  const made: MadeByPlay = { pods: [], volumes: [], networks: [], secrets: [], paths: [] };
  return {
    name: "note that it is at work",
    apply: () => ctx.store.plays.add({ id, owner: ctx.self, made }),
    undo: () => ctx.store.plays.remove(id),
  };
}

function namedSteps(play: Play): Step[] {
  const { ctx, plan } = play;
  let networks: MadeByPlay["networks"] = [];
  let volumes: readonly string[] = [];
  let secrets: MadeByPlay["secrets"] = [];
  return [
    {
      name: "make missing networks",
      apply: () => makeNetworks(play, (made) => (networks = made)),
      undo: () => takeBackNetworks(ctx, networks),
      undoPartial: true,
    },
    {
      name: `make volumes ${plan.volumes.map(({ request }) => request.name).join(", ")}`.trimEnd(),
      apply: () => makeVolumes(play, (made) => (volumes = made)),
      undo: () => takeBackVolumes(ctx, volumes),
      undoPartial: true,
    },
    {
      name: "make missing secrets",
      apply: () => makeSecrets(play, (made) => (secrets = made)),
      undo: () => takeBackSecrets(ctx, secrets),
      undoPartial: true,
    },
  ];
}

function hostPathSteps({ ctx, id }: Play, { object, hostPaths }: PlannedPod): Step[] {
  return hostPaths.map(({ hostPath, type, path }) => {
    let made: readonly string[] = [];
    return {
      name: `make ${hostPath}`,
      apply: () =>
        at({ object, path }, `make ${hostPath}`, () => {
          made = missingParts(hostPath, type);
          if (made.length === 0) return;
          ctx.store.plays.update(id, (before) => ({ ...before, paths: [...before.paths, ...made] }));
          makeHostPath(hostPath, type);
        }),
      undo: () => takeBackPaths(made),
      undoPartial: true,
    };
  });
}

/** Nothing brings them back; everything that could fail without them going has been done. */
function replaceStep(play: Play): Step {
  const { ctx, plan, replaced } = play;
  return {
    name: "remove pods that are replaced",
    apply: async () => {
      const objects = [...new Set(plan.pods.map(({ object }) => object))];
      const old = objects
        .flatMap((object) => podNamesEver(ctx.store, object).map((name) => ({ object, name })))
        .filter(({ name }) => ctx.store.pods.findByName(name) !== undefined);
      const pods = await ctx.pods();
      await Promise.all(
        old.map(({ object, name }) =>
          at({ object, path: ["metadata", "name"] }, `replace pod ${name}`, async () => {
            const selection = { names: [name], all: false };
            throwFirst(await pods.stop(selection, { ignore: true }));
            const options = { force: true, ignore: true };
            throwFirst(await pods.remove(selection, options));
            replaced.push(name);
          }),
        ),
      );
    },
  };
}

function podSteps(play: Play, pod: PlannedPod): Step[] {
  const { ctx } = play;
  const { id, name } = pod.request;
  return [
    {
      name: `make pod ${name}`,
      apply: () => makePod(play, pod),
      undo: () => takeBackPods(ctx, [id]),
      undoPartial: true,
    },
    // They go with their pod.
    { name: `make containers of pod ${name}`, apply: () => makeContainers(play, pod) },
  ];
}

/** After their pods, with the last of which they go. */
function jobSteps({ ctx, plan }: Play): Step[] {
  return plan.jobs.map(({ id, name, spec }) => ({
    name: `note job ${name}`,
    apply: () => ctx.store.jobs.add({ id, name, spec, state: { startedAt: 0, pods: {} } }),
  }));
}

function startStep(play: Play): Step {
  const names = startedPods(play.plan)
    .map(({ request }) => request.name)
    .join(", ");
  return { name: `start ${names}`.trimEnd(), apply: () => startAll(play) };
}

/** The last: a secret that is there gets its new value only once all else stands. */
function replaceSecretsStep(play: Play): Step {
  const former: FormerSecret[] = [];
  return {
    name: "give secrets their new values",
    apply: () => replaceSecrets(play, (secret) => void former.push(secret)),
    undo: () => restoreSecrets(play, former),
    undoPartial: true,
  };
}

/** Init containers that ran once are gone by now. */
async function playedPod({ ctx, containers }: Play, { request }: PlannedPod): Promise<PlayedPod> {
  const made = containers.get(request.id) ?? [];
  const there = made.filter((id) => ctx.store.containers.get(id) !== undefined);
  return { id: request.id, name: request.name, containers: there };
}

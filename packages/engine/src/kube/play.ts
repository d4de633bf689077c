/** `kube play`: reads, plans, and applies what was planned; nothing is changed before all of it has been checked. */
import type { Diagnostic, KubeSource, PlayReport, PlayRequest } from "@podwright/spec/engine-api/kube";
import type { PullProgress } from "@podwright/spec/engine-api/images";
import { EngineError, isEngineError } from "@podwright/spec/errors/engine-error";
import { applyPlay } from "./apply-play.ts";
import type { KubeContext } from "./context.ts";
import { invalidManifest } from "./invalid-manifest.ts";
import type { ManifestObject } from "./manifest.ts";
import { planLines } from "./plan/plan-lines.ts";
import { planPlay } from "./plan/plan-play.ts";
import { amended } from "./play-failure.ts";
import { gatherFacts } from "./play-facts.ts";
import type { PlannedPlay } from "./play-plan.ts";
import { sortDiagnostics } from "./read/findings.ts";
import { readManifests } from "./read/read-manifests.ts";

export interface PlayOptions {
  readonly progress: (event: PullProgress) => void;
  readonly signal?: AbortSignal;
}

/** @throws KUBE_INVALID before anything is changed, KUBE_PLAY_FAILED and CANCELED after it was taken back */
export async function playKube(
  ctx: KubeContext,
  request: PlayRequest,
  options: PlayOptions,
): Promise<PlayReport> {
  // A killed play may have left pods of these very names.
  if (!request.dryRun) await ctx.healed();
  const { plan, diagnostics } = await planned(ctx, request);
  if (request.dryRun) {
    return { pods: [], volumes: [], secrets: [], warnings: diagnostics, plan: planLines(plan, request) };
  }
  options.signal?.throwIfAborted();
  const { replace, start } = request;
  try {
    const report = await applyPlay(ctx, plan, { replace, start, ...options });
    return { ...report, warnings: [...diagnostics, ...report.warnings] };
  } catch (error) {
    // Whoever tells of a failed play tells of its warnings too.
    throw amended(error, { warnings: diagnostics });
  }
}

async function planned(ctx: KubeContext, request: PlayRequest): Promise<PlannedPlay> {
  const sources = [...request.sources, ...request.configMaps].map(({ name }) => name);
  const { validate } = request;
  const manifest = readManifests(request.sources, { validate });
  const others = readManifests(request.configMaps, { validate });
  const read = [...manifest.diagnostics, ...others.diagnostics];
  try {
    const configMaps = onlyConfigMaps(others.objects, request.configMaps);
    const facts = await gatherFacts(ctx, manifest.objects);
    // Also of objects with errors: whoever mends a manifest wants to hear of a missing reference at once.
    const { plan, diagnostics } = planPlay(manifest, configMaps, request, facts);
    const all = sortDiagnostics([...read, ...diagnostics], sources);
    if (all.some(isError)) throw invalidManifest(all);
    return { plan, diagnostics: all };
  } catch (error) {
    if (isEngineError(error, "KUBE_INVALID") || !read.some(isError)) throw error;
    throw invalidManifest(sortDiagnostics(read, sources));
  }
}

function isError({ severity }: Diagnostic): boolean {
  return severity === "error";
}

/** A file given with --configmap may hold more; what has none is a mistake. */
function onlyConfigMaps(
  objects: readonly ManifestObject[],
  sources: readonly KubeSource[],
): readonly ManifestObject[] {
  const found = objects.filter(({ kind }) => kind === "ConfigMap");
  if (sources.length === 0 || found.length > 0) return found;
  throw new EngineError("KUBE_INVALID", `no ConfigMap in ${sources.map(({ name }) => name).join(", ")}`);
}

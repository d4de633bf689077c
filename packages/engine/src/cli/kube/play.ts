/** `kube play`: makes pods, volumes and secrets of Kubernetes YAML. */
import type { PlayReport, PlayRequest } from "@podwright/spec/engine-api/kube";
import { defineCommand, type Invocation } from "../frame/command.ts";
import { pullReporter } from "../print/pull-progress.ts";
import { takeDown } from "./down.ts";
import { checkPlayFlags, playFlags, playRequest } from "./play-flags.ts";
import { printDiagnostics, printFailureDiagnostics } from "./print-diagnostics.ts";
import { printPlayed } from "./print-play.ts";
import { readSources } from "./sources.ts";

type Call = Invocation<typeof playFlags>;

export const command = defineCommand({
  path: ["kube", "play"],
  also: [["play", "kube"]],
  summary: "Play a pod or volume based on Kubernetes YAML",
  description:
    "Reads in a structured file of Kubernetes YAML.\n\n  Creates pods or volumes based on the Kubernetes kind described in the YAML. Supported kinds are Pod, Deployment, DaemonSet, Job, ConfigMap, Secret and PersistentVolumeClaim. Either all of it is there afterwards, or nothing.",
  usage: "[options] KUBEFILE [KUBEFILE...]|-",
  args: { min: 1 },
  argCompletion: "file",
  flags: playFlags,
  examples: [
    "kube play nginx.yml",
    "kube play --dry-run nginx.yml redis.yml",
    "kube play --creds user:password --seccomp-profile-root /custom/path apache.yml",
    "kube play https://example.com/nginx.yml",
  ],
  async run(call) {
    const { flags, args, io } = call;
    checkPlayFlags(flags);
    // What is wrong with the command line is told before anything is fetched.
    playRequest(call, [], []);
    const sources = await readSources(io, args);
    if (flags.down) return takeDown(call, sources, flags.force);
    const request = playRequest(call, sources, await readSources(io, flags.configmap));
    return flags.wait ? playAndWait(call, request) : play(call, request, io.interruptible()).then(() => 0);
  },
});

async function play(
  { flags, engine, io }: Call,
  request: PlayRequest,
  signal: AbortSignal,
): Promise<PlayReport> {
  try {
    const report = await (await engine.kube()).play(request, pullReporter(io, flags.quiet), signal);
    printDiagnostics(io, report.warnings);
    printPlayed(io, report);
    return report;
  } catch (error) {
    printFailureDiagnostics(io, error);
    throw error;
  }
}

/** Until the pods have ended, or a signal; then what was played goes, volumes included. */
async function playAndWait(call: Call, request: PlayRequest): Promise<number> {
  const { engine, io } = call;
  const signal = io.interruptible();
  io.out("Use ctrl+c to clean up or wait for pods to exit\n");
  const { pods } = await play(call, request, signal);
  // For good: what a restart policy or a Job starts again has not ended.
  const names = pods.map(({ id }) => id);
  const ended = (await engine.pods()).wait(names, { conditions: ["stopped"], ignore: true }, signal);
  await Promise.race([ended, aborted(signal)]);
  io.out(`${signal.aborted ? "\n" : ""}Cleaning up containers, pods, and volumes...\n`);
  return takeDown(call, request.sources, true);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

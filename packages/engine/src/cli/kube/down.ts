/** `kube down`: stops and removes what `kube play` of the same files made. */
import type { KubeSource } from "@podwright/spec/engine-api/kube";
import type { Engine } from "@podwright/spec/engine-api/engine";
import { defineCommand, type Io } from "../frame/command.ts";
import { printFailureDiagnostics } from "./print-diagnostics.ts";
import { printDown } from "./print-play.ts";
import { readSources } from "./sources.ts";

export const command = defineCommand({
  path: ["kube", "down"],
  summary: "Remove pods based on Kubernetes YAML",
  description:
    "Reads in a structured file of Kubernetes YAML.\n\n  Removes pods that have been based on the Kubernetes kind described in the YAML.",
  usage: "[options] KUBEFILE [KUBEFILE...]|-",
  args: { min: 1 },
  argCompletion: "file",
  flags: {
    force: { type: "bool", help: "remove volumes" },
  },
  examples: [
    "kube down nginx.yml",
    "kube down --force nginx.yml redis.yml",
    "kube down https://example.com/nginx.yml",
  ],
  async run({ flags, args, engine, io }) {
    return takeDown({ engine, io }, await readSources(io, args), flags.force);
  },
});

/** Prints what was stopped and removed; gives the exit status. */
export async function takeDown(
  { engine, io }: { readonly engine: Engine; readonly io: Io },
  sources: readonly KubeSource[],
  force: boolean,
): Promise<number> {
  try {
    return printDown(io, await (await engine.kube()).down({ sources, force }));
  } catch (error) {
    printFailureDiagnostics(io, error);
    throw error;
  }
}

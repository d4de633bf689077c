/** `kube generate`: YAML to standard output or a new file, and what it does not say to standard error. */
import type { GeneratedKind } from "@podwright/spec/engine-api/kube";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { existsSync, writeFileSync } from "node:fs";
import { defineCommand } from "../frame/command.ts";

const KINDS: readonly GeneratedKind[] = ["pod", "deployment", "daemonset", "job"];

export const command = defineCommand({
  path: ["kube", "generate"],
  also: [["generate", "kube"]],
  summary: "Generate Kubernetes YAML from containers, pods or volumes.",
  description:
    "Writes Kubernetes YAML (Pod, Deployment, DaemonSet, Job, Service, PersistentVolumeClaim) of containers, pods or volumes.\n\n  Containers are written as one pod. What a pod was played from is given back. What cannot be said in YAML is told on standard error.",
  usage: "[options] {CONTAINER...|POD...|VOLUME...}",
  args: { min: 1 },
  argCompletion: "pod",
  flags: {
    filename: { type: "string", short: "f", help: "Write output to the specified path", complete: "file" },
    "no-trunc": {
      type: "bool",
      help: "Keep annotations that are longer than Kubernetes takes",
      hidden: true,
    },
    "podman-only": {
      type: "bool",
      help: "Add podman-only reserved annotations to the generated YAML file (Cannot be used by Kubernetes)",
    },
    replicas: { type: "int", short: "r", help: "Set the replicas number for Deployment kind", default: 1 },
    service: { type: "bool", short: "s", help: "Generate YAML for a Kubernetes service object" },
    type: {
      type: "string",
      short: "t",
      help: "Generate YAML for the given Kubernetes kind",
      complete: KINDS,
    },
  },
  examples: [
    "kube generate ctrID",
    "kube generate podID",
    "kube generate --service podID",
    "kube generate volumeName",
    "kube generate ctrID podID volumeName --service",
  ],
  async run({ flags, args, engine, io }) {
    const type = kindOf(flags.type);
    const report = await (await engine.kube()).generate({
      names: args,
      ...(type === undefined ? {} : { type }),
      service: flags.service,
      replicas: flags.replicas,
      podmanOnly: flags["podman-only"],
      noTrunc: flags["no-trunc"],
    });
    if (flags.filename === undefined) io.out(report.yaml);
    else writeNew(flags.filename, report.yaml);
    for (const loss of report.losses) io.err(`Warning: ${loss}\n`);
  },
});

/** The configuration's, or that of what was played, when the flag is absent. */
function kindOf(text: string | undefined): GeneratedKind | undefined {
  if (text === undefined) return undefined;
  const kind = KINDS.find((known) => known === text);
  if (kind !== undefined) return kind;
  throw new EngineError(
    "CLI_USAGE",
    "invalid generation type - only pods, deployments, jobs, and daemonsets are currently supported",
  );
}

/** A file that somebody else makes meanwhile is not overwritten either. */
function writeNew(path: string, text: string): void {
  const refused = new EngineError(
    "KUBE_GENERATE_REFUSED",
    `cannot write to ${JSON.stringify(path)}; file exists`,
  );
  if (existsSync(path)) throw refused;
  try {
    writeFileSync(path, text, { flag: "wx", mode: 0o644 });
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
    if (code === "EEXIST") throw refused;
    throw new EngineError("KUBE_GENERATE_REFUSED", `cannot write to ${JSON.stringify(path)}: ${code}`, {
      cause,
    });
  }
}

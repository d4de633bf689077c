/** Kubernetes YAML in and out: what callers may ask and what they are told. */
import type { Labels, NetworkMode, Outcome, PortMapping } from "./common.ts";
import type { PullProgress, RegistryOptions } from "./images.ts";

/** One file, URL or standard input, with its text: callers read, the engine does not. */
export interface KubeSource {
  /** As messages show it: a path, a URL, or "-". */
  readonly name: string;
  readonly text: string;
}

/** What becomes of fields that the schema does not know: an error, a warning, nothing. */
export type ValidateMode = "strict" | "warn" | "ignore";

/** Something to tell about a place in a manifest. Lines and columns count from 1. */
export interface Diagnostic {
  readonly severity: "error" | "warning";
  readonly source: string;
  readonly line: number;
  readonly column: number;
  /** "Pod/web: spec.containers[0].image"; "" where no object is known yet. */
  readonly path: string;
  readonly message: string;
  /** The line itself, "" where there is none. */
  readonly excerpt: string;
  readonly hint?: string;
}

export interface PlayRequest {
  readonly sources: readonly KubeSource[];
  /** `--configmap`: more sources, of which only ConfigMaps are taken. */
  readonly configMaps: readonly KubeSource[];
  readonly validate: ValidateMode;
  /** Pods of the same names go first. */
  readonly replace: boolean;
  readonly start: boolean;
  /** Nothing is changed; the report has the plan. */
  readonly dryRun: boolean;
  readonly annotations: Labels;
  /** Absent: the bridge network `podman-default-kube-network`, made on demand. */
  readonly network?: NetworkMode;
  /** Override ports of the manifests by container port. */
  readonly ports: readonly PortMapping[];
  /** Container ports without a hostPort are published too, on the same number. */
  readonly publishAll: boolean;
  /** One per pod, in order. */
  readonly ips: readonly string[];
  readonly macs: readonly string[];
  readonly logDriver?: string;
  readonly logOptions: Labels;
  readonly noHosts: boolean;
  readonly noHostname: boolean;
  /** Containers are named as in the manifest, without the pod's name in front. */
  readonly noPodPrefix: boolean;
  readonly seccompProfileRoot: string;
  readonly registry: RegistryOptions;
  readonly userns?: string;
  /** The command line, for `CreateCommand`. */
  readonly createCommand: readonly string[];
}

export interface PlayedPod {
  readonly id: string;
  readonly name: string;
  /** Ids in the order of the manifest, init containers first; those that ran once and are gone are left out. */
  readonly containers: readonly string[];
}

export interface PlayReport {
  readonly pods: readonly PlayedPod[];
  /** Names. */
  readonly volumes: readonly string[];
  readonly secrets: readonly { readonly name: string; readonly id: string }[];
  readonly warnings: readonly Diagnostic[];
  /** Of a dry run: one line per step, in order: "create volume pgdata", "create pod web (ports 8080:80/tcp)". */
  readonly plan?: readonly string[];
}

export interface DownRequest {
  readonly sources: readonly KubeSource[];
  /** Volumes of PersistentVolumeClaims too. */
  readonly force: boolean;
}

export interface DownReport {
  readonly stopped: readonly Outcome[];
  readonly removed: readonly Outcome[];
  readonly secrets: readonly Outcome[];
  readonly volumes: readonly Outcome[];
}

export type GeneratedKind = "pod" | "deployment" | "daemonset" | "job";

export interface GenerateRequest {
  /** Containers, pods, volumes: names or ids. */
  readonly names: readonly string[];
  /** Absent: what was played, else a pod. */
  readonly type?: GeneratedKind;
  /** A NodePort Service in front. */
  readonly service: boolean;
  /** Of a Deployment. */
  readonly replicas: number;
  /** Podman's own annotations too. */
  readonly podmanOnly: boolean;
  /** Annotations longer than Kubernetes takes are kept whole. */
  readonly noTrunc: boolean;
}

export interface GenerateReport {
  readonly yaml: string;
  /** What could not be said in Kubernetes' terms: one sentence each, with the object's name. */
  readonly losses: readonly string[];
}

export interface KubeApi {
  /**
   * All or nothing: what a failure left behind is taken back.
   * @throws KUBE_INVALID with `details.diagnostics` (Diagnostic[]), before anything is changed
   */
  play(
    request: PlayRequest,
    progress: (event: PullProgress) => void,
    signal?: AbortSignal,
  ): Promise<PlayReport>;
  down(request: DownRequest): Promise<DownReport>;
  /** @throws KUBE_GENERATE_REFUSED, KUBE_NOT_FOUND */
  generate(request: GenerateRequest): Promise<GenerateReport>;
}

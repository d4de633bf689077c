/** A manifest's text → its plan, as `kube play` makes it, for tests of planning. */
import type { Diagnostic, PlayRequest } from "@podwright/spec/engine-api/kube";
import type { ContainerRequest } from "@podwright/spec/engine-api/containers";
import type { PlannedPlay, PlannedPod, PlayFacts } from "../src/kube/play-plan.ts";
import { planPlay } from "../src/kube/plan/plan-play.ts";
import { readManifests } from "../src/kube/read/read-manifests.ts";

export const PLAY_REQUEST: PlayRequest = {
  sources: [],
  configMaps: [],
  validate: "strict",
  replace: false,
  start: true,
  dryRun: false,
  annotations: {},
  ports: [],
  publishAll: false,
  ips: [],
  macs: [],
  logOptions: {},
  noHosts: false,
  noHostname: false,
  noPodPrefix: false,
  seccompProfileRoot: "/var/lib/kubelet/seccomp",
  registry: {},
  createCommand: ["podwright", "kube", "play", "pod.yaml"],
};

/** An empty store on a machine named `node` with 8 GiB and 4 processors. */
export function emptyFacts(): PlayFacts {
  let ids = 0;
  return {
    podExists: () => false,
    containerOwner: () => undefined,
    volumeExists: () => false,
    networkExists: () => false,
    secret: () => undefined,
    newId: () => String(++ids).padStart(64, "0"),
    hostName: "node",
    uid: 0,
    hostMemory: 8 * 1024 ** 3,
    hostCpus: 4,
    canLimit: () => true,
  };
}

export interface PlanOptions {
  readonly request?: Partial<PlayRequest>;
  readonly facts?: Partial<PlayFacts>;
  readonly configMaps?: string;
}

export interface Planned extends PlannedPlay {
  /** "5:9 error: message", those of the reading too. */
  readonly told: readonly string[];
  readonly pod: PlannedPod;
  /** Of the first pod, by name in the manifest. */
  readonly container: (name: string) => ContainerRequest;
}

export function planYaml(text: string, options: PlanOptions = {}): Planned {
  const sources = [{ name: "pod.yaml", text }];
  const manifest = readManifests(sources, { validate: "strict" });
  const maps = [{ name: "maps.yaml", text: options.configMaps ?? "" }];
  const given = options.configMaps === undefined ? undefined : readManifests(maps, { validate: "strict" });
  const configMaps = options.configMaps === undefined ? [] : maps;
  const request = { ...PLAY_REQUEST, sources, configMaps, ...options.request };
  const facts = { ...emptyFacts(), ...options.facts };
  const planned = planPlay(manifest, given?.objects ?? [], request, facts);
  const pods = planned.plan.pods;
  return {
    ...planned,
    told: [...manifest.diagnostics, ...planned.diagnostics].map(shown),
    get pod() {
      return found(pods[0], "a pod");
    },
    container: (name) =>
      found(
        pods[0]?.containers.find((made) => made.request.name?.endsWith(`-${name}`) === true)?.request,
        name,
      ),
  };
}

/** The spec of a Pod named `web`, indented by two spaces. */
export function podYaml(spec: string, metadata = ""): string {
  return `apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n${metadata}spec:\n  restartPolicy: Never\n${spec}`;
}

/** A Pod `web` with one container `app`, whose further fields are indented by four spaces. */
export function containerYaml(fields: string, spec = ""): string {
  return podYaml(`${spec}  containers:\n  - name: app\n    image: quay.io/app:1\n${fields}`);
}

function shown({ line, column, severity, message }: Diagnostic): string {
  return `${line}:${column} ${severity}: ${message}`;
}

function found<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`the plan has no ${what}`);
  return value;
}

/** Which kinds are run, which Kubernetes has besides, and what to say of those. */
import { apiVersionsOf, isKnownKind, knownKinds } from "@podwright/spec/kube/schema";
import { nearestWord } from "../../base/edit-distance.ts";

/** apiVersion of the kinds that are played. */
export const RUN_KINDS: Readonly<Record<string, string>> = {
  Pod: "v1",
  ConfigMap: "v1",
  Secret: "v1",
  PersistentVolumeClaim: "v1",
  Deployment: "apps/v1",
  DaemonSet: "apps/v1",
  Job: "batch/v1",
};
const SCALERS = "one machine runs one pod of a workload";
const ACCESS = "there is no API server whose access could be ruled";
/** What to do instead, for kinds that are common. */
export const NOT_RUN_HINTS: Readonly<Record<string, string>> = {
  Service:
    "its name leads to the pods that it selects, on their own ports; publish a port to the host with hostPort",
  Ingress: "publish the web server's port with hostPort",
  StatefulSet: "write the pod as a Deployment with a PersistentVolumeClaim",
  CronJob: "play its Job when it is due",
  ReplicaSet: "write it as a Deployment",
  ReplicationController: "write it as a Deployment",
  Namespace: "one machine has one name space",
  NetworkPolicy: "keep pods apart with networks of their own (--network)",
  PersistentVolume: "a PersistentVolumeClaim gets a volume of its own",
  StorageClass: "a PersistentVolumeClaim gets a volume of its own",
  HorizontalPodAutoscaler: SCALERS,
  PodDisruptionBudget: SCALERS,
  ResourceQuota: "set limits on the containers",
  LimitRange: "set limits on the containers",
  ServiceAccount: ACCESS,
  Role: ACCESS,
  RoleBinding: ACCESS,
  ClusterRole: ACCESS,
  ClusterRoleBinding: ACCESS,
};

export type KindChoice =
  /** `items`: the kind of a typed list's items, "" of a List. */
  | { readonly state: "list"; readonly items: string }
  | { readonly state: "run" }
  | { readonly state: "not-run"; readonly message: string; readonly hint?: string }
  | {
      readonly state: "unknown";
      readonly field: "apiVersion" | "kind";
      readonly message: string;
      readonly hint?: string;
    };

export function chooseKind(apiVersion: string, kind: string): KindChoice {
  if (apiVersion === "v1" && kind === "List") return { state: "list", items: "" };
  const listed = kind.endsWith("List") ? kind.slice(0, -"List".length) : "";
  if (Object.hasOwn(RUN_KINDS, listed) && RUN_KINDS[listed] === apiVersion)
    return { state: "list", items: listed };
  if (Object.hasOwn(RUN_KINDS, kind) && RUN_KINDS[kind] === apiVersion) return { state: "run" };
  const current = Object.hasOwn(RUN_KINDS, kind) ? RUN_KINDS[kind] : apiVersionsOf(kind)[0];
  if (Object.hasOwn(RUN_KINDS, kind) && current !== undefined) return wrongVersion(apiVersion, kind, current);
  if (isKnownKind(apiVersion, kind)) return notRun(kind);
  return current === undefined ? unknownKind(kind) : wrongVersion(apiVersion, kind, current);
}

function notRun(kind: string): KindChoice {
  const hint = Object.hasOwn(NOT_RUN_HINTS, kind) ? NOT_RUN_HINTS[kind] : undefined;
  const message = `${kind} is left out: objects of this kind are not run here`;
  return { state: "not-run", message, ...(hint === undefined ? {} : { hint }) };
}

function wrongVersion(apiVersion: string, kind: string, current: string): KindChoice {
  const message = `no kind "${kind}" in version "${apiVersion}"`;
  return { state: "unknown", field: "apiVersion", message, hint: `use apiVersion: ${current}` };
}

function unknownKind(kind: string): KindChoice {
  const meant = nearestWord(kind, knownKinds());
  const hint =
    meant === undefined
      ? "custom resources need their controller; leave them out, or use --validate=warn to skip them"
      : `did you mean "${meant}"?`;
  return { state: "unknown", field: "kind", message: `unknown kind "${kind}"`, hint };
}

/** apiVersion of a kind that is run. */
export function versionOf(kind: string): string {
  return RUN_KINDS[kind] ?? "";
}

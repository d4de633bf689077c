/** `fieldRef`: what a pod says of itself to its containers. */
import type { SandboxFact } from "@podwright/spec/engine-api/containers";
import { type Place, quote } from "./place.ts";
import type { PodScope } from "./scope.ts";

export type FieldValue =
  | { readonly kind: "text"; readonly text: string }
  /** Known once the sandbox is up. */
  | { readonly kind: "sandbox"; readonly fact: SandboxFact };

const SANDBOX: Readonly<Record<string, SandboxFact>> = {
  "status.podIP": "podIP",
  "status.podIPs": "podIPs",
  "status.hostIP": "hostIP",
  "status.hostIPs": "hostIPs",
};

/** For an environment variable. Undefined, and told, for a path that Kubernetes does not offer there. */
export function variableField(scope: PodScope, path: string, place: Place): FieldValue | undefined {
  const fact = Object.hasOwn(SANDBOX, path) ? SANDBOX[path] : undefined;
  if (fact !== undefined) return { kind: "sandbox", fact };
  const text = simpleField(scope, path) ?? podField(scope, path);
  if (text !== undefined) return { kind: "text", text };
  place.error(
    `fieldPath ${path} is either not valid or not supported`,
    "variables can have metadata.name, metadata.namespace, metadata.uid, metadata.labels['KEY'], metadata.annotations['KEY'], spec.nodeName, spec.serviceAccountName, status.podIP, status.podIPs, status.hostIP, status.hostIPs",
  );
  return undefined;
}

/** For a file of a downwardAPI volume. */
export function fileField(scope: PodScope, path: string, place: Place): string | undefined {
  const { labels, annotations } = scope.workload;
  if (path === "metadata.labels") return formatMap(labels);
  if (path === "metadata.annotations") return formatMap(annotations);
  const text = simpleField(scope, path);
  if (text !== undefined) return text;
  place.error(
    `fieldPath ${path} is either not valid or not supported in a volume`,
    "files can have metadata.name, metadata.namespace, metadata.uid, metadata.labels, metadata.annotations, metadata.labels['KEY'], metadata.annotations['KEY']",
  );
  return undefined;
}

function simpleField({ workload }: PodScope, path: string): string | undefined {
  switch (path) {
    case "metadata.name":
      return workload.podName;
    case "metadata.namespace":
      return workload.namespace;
    case "metadata.uid":
      return workload.podId;
    default:
      return member(path, workload);
  }
}

function member(path: string, { labels, annotations }: PodScope["workload"]): string | undefined {
  const [, map, key] = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path) ?? [];
  if (map === undefined || key === undefined) return undefined;
  const values = map === "labels" ? labels : annotations;
  return Object.hasOwn(values, key) ? values[key] : "";
}

function podField({ workload, facts }: PodScope, path: string): string | undefined {
  if (path === "spec.nodeName") return facts.hostName;
  if (path !== "spec.serviceAccountName") return undefined;
  return workload.spec.serviceAccountName ?? workload.spec.serviceAccount ?? "default";
}

/** `key="value"` lines by key, as the kubelet writes them. */
function formatMap(map: Readonly<Record<string, string>>): string {
  return Object.entries(map)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${quote(value)}`)
    .join("\n");
}

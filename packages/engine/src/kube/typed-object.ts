/** The objects of a manifest as TypeScript's types: reading has held them against the schema that the types are made of. */
import type {
  ConfigMap,
  DaemonSet,
  Deployment,
  Job,
  PersistentVolumeClaim,
  Pod,
  Secret,
} from "@podwright/spec/kube/types";
import type { ManifestObject } from "./manifest.ts";

export type TypedObject = Pod | Deployment | DaemonSet | Job | ConfigMap | Secret | PersistentVolumeClaim;

/** Only for data that read/structure.ts has made: it fits its kind's type by construction. */
export function typedObject({ data }: Pick<ManifestObject, "data">): TypedObject {
  if (!isTyped(data)) throw new Error(`no kind that is run: ${String(data["kind"])}`);
  return data;
}

function isTyped(data: object): data is TypedObject {
  return "kind" in data && "apiVersion" in data;
}

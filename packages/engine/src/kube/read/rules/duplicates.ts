/** Objects of one kind and name: the second one would replace the first. */
import type { Diagnostic } from "@podwright/spec/engine-api/kube";
import type { ManifestObject } from "../../manifest.ts";

export function duplicateObjects(objects: readonly ManifestObject[]): readonly Diagnostic[] {
  const seen = new Map<string, ManifestObject>();
  return objects.flatMap((object) => {
    if (object.name === "") return [];
    const key = `${object.kind}/${object.name}`;
    const first = seen.get(key);
    if (first === undefined) {
      seen.set(key, object);
      return [];
    }
    const place = first.at(["metadata", "name"], { severity: "error", message: "" });
    return [
      object.at(["metadata", "name"], {
        severity: "error",
        message: `duplicate value "${object.name}": there is another ${object.kind} of this name`,
        hint: `the first is in ${place.source}:${place.line}`,
      }),
    ];
  });
}

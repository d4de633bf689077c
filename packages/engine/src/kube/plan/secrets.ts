/** Secret objects → secrets of the store, each the whole object as JSON. */
import type { Secret } from "@podwright/spec/kube/types";
import type { ManifestObject } from "../manifest.ts";
import type { PlannedSecret } from "../play-plan.ts";

export function planSecret(object: ManifestObject): PlannedSecret {
  const { stringData = {}, ...secret } = object.data as unknown as Secret;
  const plain = Object.entries(stringData).map(
    ([key, text]) => [key, Buffer.from(text).toString("base64")] as const,
  );
  const whole = { ...secret, data: { ...secret.data, ...Object.fromEntries(plain) } };
  return {
    object,
    name: object.name,
    data: Buffer.from(JSON.stringify(whole)),
    labels: secret.metadata?.labels ?? {},
  };
}

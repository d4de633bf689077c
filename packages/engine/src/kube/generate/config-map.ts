/** Files of a pod's volume as a ConfigMap, for a pod that has them without a manifest. */
import type { PodVolumeFile } from "@podwright/spec/engine-api/pods";
import type { ConfigMap, KeyToPath, Volume } from "@podwright/spec/kube/types";
import { compact, whenFilled } from "./members.ts";

const DEFAULT_MODE = 0o644;

export function configMapOf(
  podName: string,
  volumeName: string,
  files: readonly PodVolumeFile[],
): { readonly object: ConfigMap; readonly volume: Volume } {
  const name = `${podName}-${volumeName}`;
  const keys = files.map((_, index) => `file-${index}`);
  const data: Record<string, string> = {};
  const binaryData: Record<string, string> = {};
  for (const [index, file] of files.entries()) {
    const key = keys[index] ?? "";
    const bytes = Buffer.from(file.data, "base64");
    const text = bytes.toString("utf8");
    if (Buffer.from(text).equals(bytes)) data[key] = text;
    else binaryData[key] = file.data;
  }
  const items = files.map(
    ({ path, mode }, index): KeyToPath =>
      compact({ key: keys[index] ?? "", path, mode: mode === DEFAULT_MODE ? undefined : mode }),
  );
  return {
    object: compact<ConfigMap>({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name },
      data: whenFilled(data),
      binaryData: whenFilled(binaryData),
    }),
    volume: { name: volumeName, configMap: { name, items } },
  };
}

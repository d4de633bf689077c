/** Which ConfigMaps and Secrets the volumes of a pod refer to. */
import type { Volume } from "@podwright/spec/kube/types";

type Data = Readonly<Record<string, unknown>>;

export function referredTo(objects: readonly Data[], volumes: readonly Volume[]): Data[] {
  const names = new Set(volumes.flatMap(referencesOf));
  return objects.filter(({ kind, metadata }) => {
    const name = (metadata as { readonly name?: string } | undefined)?.name;
    return names.has(`${String(kind)} ${name ?? ""}`);
  });
}

function referencesOf({ configMap, secret, projected }: Volume): string[] {
  const sources = projected?.sources ?? [];
  return [
    ...(configMap === undefined ? [] : [`ConfigMap ${configMap.name ?? ""}`]),
    ...(secret === undefined ? [] : [`Secret ${secret.secretName ?? ""}`]),
    ...sources.flatMap((source) => [
      ...(source.configMap === undefined ? [] : [`ConfigMap ${source.configMap.name ?? ""}`]),
      ...(source.secret === undefined ? [] : [`Secret ${source.secret.name ?? ""}`]),
    ]),
  ];
}

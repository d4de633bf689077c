/** registries.conf as `info` shows it: by prefix, and the registries that short names are searched in. */
import type { Environment } from "./read-files.ts";
import { type MirrorConf, readRegistriesConf } from "./registries-conf.ts";

export function registriesInfo(env: Environment): Record<string, unknown> {
  const conf = readRegistriesConf(env);
  const search = conf.search ?? ["docker.io"];
  const byPrefix = conf.registries.map((registry) => [
    registry.prefix,
    {
      Prefix: registry.prefix,
      Location: registry.location,
      Insecure: registry.insecure,
      Mirrors: registry.mirrors.length === 0 ? null : registry.mirrors.map(mirrorInfo),
      Blocked: registry.blocked,
    },
  ]);
  return { ...Object.fromEntries(byPrefix), search };
}

function mirrorInfo({ location, insecure }: MirrorConf): Record<string, unknown> {
  return { Location: location, Insecure: insecure };
}

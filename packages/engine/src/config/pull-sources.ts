/** Which repositories an image is fetched from, by registries.conf: its mirrors in order, then itself. */
import {
  formatReference,
  parseReference,
  type Reference,
  repositoryOf,
} from "@podwright/spec/distribution/reference";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { PullSource } from "../ports/registry-config.ts";
import type { MirrorConf, RegistriesConf, RegistryConf } from "./registries-conf.ts";

/** @throws REGISTRY_UNAVAILABLE for a blocked registry. */
export function pullSources(conf: RegistriesConf, reference: Reference): PullSource[] {
  const registry = findRegistry(conf, reference);
  if (registry === undefined) return [{ reference, insecure: false }];
  if (registry.blocked) {
    throw new EngineError("REGISTRY_UNAVAILABLE", `registry ${registry.prefix} is blocked in ${conf.origin}`);
  }
  const mirrors = registry.mirrors.filter((mirror) => serves(mirror, reference));
  return [
    ...mirrors.map(({ location, insecure }) => ({
      reference: rewrite(reference, registry.prefix, location),
      insecure,
    })),
    { reference: rewrite(reference, registry.prefix, registry.location), insecure: registry.insecure },
  ];
}

/** The entry with the longest matching prefix. */
export function findRegistry(conf: RegistriesConf, reference: Reference): RegistryConf | undefined {
  const name = formatReference(reference);
  let best: RegistryConf | undefined;
  let bestLength = 0;
  for (const registry of conf.registries) {
    const length = matchLength(name, registry.prefix);
    if (length > bestLength) {
      best = registry;
      bestLength = length;
    }
  }
  return best;
}

/** How much of the name the prefix covers; 0 where it does not match. */
function matchLength(name: string, prefix: string): number {
  if (prefix.startsWith("*.")) {
    const suffix = prefix.slice(1);
    const at = name.indexOf(suffix);
    // The wildcard stands for labels of the host only.
    if (at <= 0 || name.slice(0, at).includes("/")) return 0;
    return isBoundary(name[at + suffix.length]) ? at + suffix.length : 0;
  }
  return name.startsWith(prefix) && isBoundary(name[prefix.length]) ? prefix.length : 0;
}

function isBoundary(character: string | undefined): boolean {
  return character === undefined || character === "/" || character === ":" || character === "@";
}

function serves(mirror: MirrorConf, reference: Reference): boolean {
  if (mirror.pullFrom === "digest-only") return reference.digest !== undefined;
  if (mirror.pullFrom === "tag-only") return reference.digest === undefined;
  return true;
}

function rewrite(reference: Reference, prefix: string, location: string): Reference {
  if (location === "") return reference;
  const name = formatReference(reference);
  const moved = `${location}${name.slice(matchLength(name, prefix))}`;
  try {
    return parseReference(moved);
  } catch (cause) {
    const where = repositoryOf(reference);
    throw new EngineError(
      "CONFIG_INVALID",
      `location ${location} gives no valid name for ${where}: ${moved}`,
      { cause },
    );
  }
}

/** Short names: aliases, search registries, and docker.io where no configuration says anything. */
import {
  formatReference,
  isShortName,
  parseReference,
  type Reference,
  splitSuffixes,
  withDefaultTag,
  withoutTagIfDigested,
} from "@podwright/spec/distribution/reference";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { NameCandidates } from "../ports/image-source.ts";
import type { RegistriesConf } from "./registries-conf.ts";

/** Podman refuses short names without registries.conf; on a machine that has none, everybody means Docker Hub. */
const DEFAULT_SEARCH = ["docker.io"];

/** Full names to pull from, in order. @throws IMAGE_NAME_UNRESOLVED, IMAGE_REFERENCE_INVALID */
export function pullCandidates(conf: RegistriesConf, name: string): NameCandidates {
  // Also of a short name: what is wrong with it is said of it as it was typed.
  const typed = parseReference(name);
  if (!isShortName(name)) return { references: [complete(typed)], description: "" };
  const alias = aliasOf(conf, name);
  if (alias !== undefined) {
    const short = splitSuffixes(name).name;
    return {
      references: [alias.reference],
      description: `Resolved ${JSON.stringify(short)} as an alias (${alias.origin})`,
    };
  }
  const search = searchRegistries(conf);
  if (search.length === 0) {
    throw new EngineError(
      "IMAGE_NAME_UNRESOLVED",
      `short-name ${JSON.stringify(name)} did not resolve to an alias and no unqualified-search registries are defined in ${JSON.stringify(conf.origin)}`,
      { hint: `give the full name, for example docker.io/${splitSuffixes(name).name}` },
    );
  }
  if (search.length > 1 && conf.shortNameMode === "enforcing") {
    throw new EngineError(
      "IMAGE_NAME_UNRESOLVED",
      "short-name resolution enforced but cannot prompt without a TTY",
    );
  }
  const short = splitSuffixes(name).name;
  const description =
    conf.search === undefined
      ? ""
      : `Resolving ${JSON.stringify(short)} using unqualified-search registries (${conf.origin})`;
  return {
    references: search.map((registry) => complete(parseReference(`${registry}/${name}`))),
    description,
  };
}

/** Full names under which the store may know a short one: alias, localhost, search registries, docker.io. */
export function localCandidates(conf: RegistriesConf, name: string): Reference[] {
  if (!isShortName(name)) return [complete(parseReference(name))];
  const alias = aliasOf(conf, name);
  const names = ["localhost", ...searchRegistries(conf)].map((registry) => `${registry}/${name}`);
  const all = [
    ...(alias === undefined ? [] : [alias.reference]),
    ...[...names, name].map((full) => complete(parseReference(full))),
  ];
  return [...new Map(all.map((reference) => [formatReference(reference), reference])).values()];
}

function searchRegistries(conf: RegistriesConf): readonly string[] {
  return conf.search ?? (conf.found ? [] : DEFAULT_SEARCH);
}

function aliasOf(conf: RegistriesConf, name: string): { reference: Reference; origin: string } | undefined {
  const { name: short, tag, digest } = splitSuffixes(name);
  const alias = conf.aliases.get(short);
  if (alias === undefined) return undefined;
  const { domain, path } = parseReference(alias.value);
  const reference = {
    domain,
    path,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
  return { reference: complete(reference), origin: alias.origin };
}

function complete(reference: Reference): Reference {
  return withDefaultTag(withoutTagIfDigested(reference));
}

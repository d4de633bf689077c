/** Images that are here already, by any name that the store may know them by: found without all that a pull needs. */
import { isShortName } from "@podwright/spec/distribution/reference";
import type { PullRequest } from "@podwright/spec/engine-api/images";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { readRegistriesConf } from "../config/registries-conf.ts";
import { localCandidates } from "../config/short-names.ts";
import type { EnsuredImage } from "../container/create-context.ts";
import { localName } from "../image/local-name.ts";
import { findImage } from "../image/resolve.ts";
import type { Core } from "./core.ts";

/** Names that say where an image is to be read from. */
const TRANSPORT = /^(docker|docker-archive|oci-archive|oci|dir):/;

/** Undefined where a registry has to be asked, or something is wrong: then `ensureImage` does, and says so. */
export function findPresentImage(core: Core, request: PullRequest): EnsuredImage | undefined {
  const { reference, policy, platform } = request;
  if ((policy !== "missing" && policy !== "never") || platform !== undefined) return undefined;
  if (TRANSPORT.test(reference)) return undefined;
  // registries.conf has a say in short names alone.
  const namesOf = (name: string) =>
    isShortName(name) ? localCandidates(readRegistriesConf(core.env), name) : [localName(name)];
  try {
    const found = findImage({ store: core.store, names: { localCandidates: namesOf } }, reference);
    if (found === undefined) return undefined;
    const { image: record, name } = found;
    return { record, name: record.names.includes(name) ? name : (record.names[0] ?? "") };
  } catch (error) {
    if (error instanceof EngineError) return undefined;
    throw error;
  }
}

/** registries.conf, policy.json, auth.json and certs.d behind the two ports that ask for them; read on first use. */
import { formatReference, type Reference } from "@podwright/spec/distribution/reference";
import type { CredentialPlace } from "@podwright/spec/engine-api/registries";
import type { NameCandidates, NamePolicy } from "../ports/image-source.ts";
import type {
  AuthEntry,
  AuthTarget,
  PullSource,
  RegistryCertificates,
  RegistryConfiguration,
} from "../ports/registry-config.ts";
import { findAuth } from "./auth-file.ts";
import { openAuthTarget } from "./auth-target.ts";
import { readCertificates } from "./certificates.ts";
import { pullSources } from "./pull-sources.ts";
import type { Environment } from "./read-files.ts";
import { readRegistriesConf, type RegistriesConf } from "./registries-conf.ts";
import { localCandidates, pullCandidates } from "./short-names.ts";
import { checkSignaturePolicy, readSignaturePolicy } from "./signature-policy.ts";

export class FileRegistryConfiguration implements NamePolicy, RegistryConfiguration {
  readonly #env: Environment;
  #conf: RegistriesConf | undefined;

  constructor(env: Environment) {
    this.#env = env;
  }

  get environment(): Readonly<Record<string, string>> {
    const pairs = Object.entries(this.#env);
    return Object.fromEntries(pairs.filter((pair): pair is [string, string] => pair[1] !== undefined));
  }

  candidates(name: string): NameCandidates {
    return pullCandidates(this.#registries(), name);
  }

  localCandidates(name: string): readonly Reference[] {
    return localCandidates(this.#registries(), name);
  }

  checkPolicy(transport: string, reference: Reference | undefined): void {
    const image = reference === undefined ? `${transport}:` : `${transport}://${formatReference(reference)}`;
    checkSignaturePolicy(readSignaturePolicy(this.#env), { transport, reference, image });
  }

  pullSources(reference: Reference): readonly PullSource[] {
    return pullSources(this.#registries(), reference);
  }

  certificates(host: string, directory?: string): RegistryCertificates {
    return readCertificates(host, this.#env, directory);
  }

  auth(repository: string, authFile?: string): AuthEntry | undefined {
    return findAuth(repository, this.#env, authFile);
  }

  authTarget(place: CredentialPlace): AuthTarget {
    return openAuthTarget(place, this.#env);
  }

  searchRegistries(): readonly string[] {
    return this.#registries().search ?? ["docker.io"];
  }

  #registries(): RegistriesConf {
    this.#conf ??= readRegistriesConf(this.#env);
    return this.#conf;
  }
}

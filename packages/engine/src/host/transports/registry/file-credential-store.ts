/** Credentials in the files that the configuration names, and in the helper programs that those files name. */
import type { CredentialPlace } from "@podwright/spec/engine-api/registries";
import type {
  CredentialStore,
  RegistryCredentials,
  StoredCredentials,
} from "../../../ports/credential-store.ts";
import type { RegistryConfiguration } from "../../../ports/registry-config.ts";
import { callHelper, findCredentials, resolveEntry } from "./credentials.ts";

export class FileCredentialStore implements CredentialStore {
  readonly #configuration: RegistryConfiguration;

  constructor(configuration: RegistryConfiguration) {
    this.#configuration = configuration;
  }

  async get(key: string, place: CredentialPlace): Promise<StoredCredentials | undefined> {
    const configuration = this.#configuration;
    const { authFile, compatAuthFile } = place;
    if (compatAuthFile !== undefined || authFile !== undefined) {
      const entry = configuration.authTarget(place).find(key);
      return await resolveEntry(entry, configuration.environment);
    }
    return await findCredentials(key, { configuration });
  }

  async set(key: string, credentials: RegistryCredentials, place: CredentialPlace): Promise<string> {
    const target = this.#configuration.authTarget(place);
    const helper = target.helperFor(key);
    if (helper === "") {
      target.set(key, credentials.username, credentials.password);
      return target.path;
    }
    const { username, password } = credentials;
    const input = JSON.stringify({ ServerURL: serverOf(key), Username: username, Secret: password });
    await callHelper(helper, "store", input, this.#configuration.environment);
    return `docker-credential-${helper}`;
  }

  async remove(key: string, place: CredentialPlace): Promise<boolean> {
    const target = this.#configuration.authTarget(place);
    const helper = target.helperFor(key);
    if (helper === "") return target.remove(key);
    const answer = await callHelper(helper, "erase", serverOf(key), this.#configuration.environment);
    return answer !== undefined;
  }

  async removeAll(place: CredentialPlace): Promise<void> {
    for (const { helper, key } of this.#configuration.authTarget(place).removeAll()) {
      await callHelper(helper, "erase", serverOf(key), this.#configuration.environment);
    }
  }
}

/** As Docker calls it towards its helpers. */
function serverOf(key: string): string {
  return key === "docker.io" ? "https://index.docker.io/v1/" : key;
}

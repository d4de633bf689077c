/** RegistriesApi wired: credential files and the registries themselves; neither store nor run directory is needed. */
import type { RegistriesApi } from "@podwright/spec/engine-api/registries";
import { FileRegistryConfiguration } from "../config/registry-configuration.ts";
import { FileCredentialStore } from "../host/transports/registry/file-credential-store.ts";
import { HttpRegistryClient } from "../host/transports/registry/registry-client.ts";
import { EngineRegistries } from "../registry/registries-api.ts";
import type { Core } from "./core.ts";

export function wireRegistries(core: Core): RegistriesApi {
  const configuration = new FileRegistryConfiguration(core.env);
  return new EngineRegistries({
    credentials: new FileCredentialStore(configuration),
    client: new HttpRegistryClient(configuration),
    searchRegistries: () => configuration.searchRegistries(),
  });
}

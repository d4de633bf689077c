/** SecretsApi wired. */
import type { SecretsApi } from "@podwright/spec/engine-api/secrets";
import { DirectorySecretFiles } from "../host/files/secret-files.ts";
import type { SecretContext } from "../secret/context.ts";
import { secretsApi } from "../secret/secrets-api.ts";
import type { Core } from "./core.ts";

export async function wireSecrets(core: Core): Promise<SecretsApi> {
  // Their lock is in the run directory, which is another one until it is mounted.
  await core.ready();
  return secretsApi(secretContext(core));
}

export function secretContext({ settings, store, locks, ids, clock, events }: Core): SecretContext {
  return { store, locks, ids, clock, events, files: new DirectorySecretFiles(`${settings.root}/secrets`) };
}

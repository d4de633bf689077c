/** SecretsApi over the store. */
import type { Filters, Outcome } from "@podwright/spec/engine-api/common";
import type { SecretInfo, SecretRequest, SecretsApi } from "@podwright/spec/engine-api/secrets";
import { isEngineError } from "@podwright/spec/errors/engine-error";
import { type SecretContext, toSecretInfo } from "./context.ts";
import { createSecret } from "./create.ts";
import { matchesFilters } from "./filters.ts";
import { readSecret } from "./read.ts";
import { removeSecrets, type RemoveSecretsOptions } from "./remove.ts";

export function secretsApi(ctx: SecretContext): SecretsApi {
  const { secrets } = ctx.store;
  return {
    create(request: SecretRequest): Promise<SecretInfo> {
      return createSecret(ctx, request);
    },
    async list(filters: Filters): Promise<SecretInfo[]> {
      return secrets
        .list()
        .filter(matchesFilters(filters))
        .map((secret) => toSecretInfo(ctx, secret));
    },
    async inspect(nameOrId: string): Promise<SecretInfo> {
      return toSecretInfo(ctx, secrets.find(nameOrId));
    },
    async read(nameOrId: string): Promise<Uint8Array> {
      return readSecret(ctx, nameOrId).data;
    },
    async exists(nameOrId: string): Promise<boolean> {
      try {
        secrets.find(nameOrId);
        return true;
      } catch (error) {
        if (isEngineError(error, "SECRET_NOT_FOUND")) return false;
        throw error;
      }
    },
    remove(namesOrIds: readonly string[], options: RemoveSecretsOptions): Promise<Outcome[]> {
      return removeSecrets(ctx, namesOrIds, options);
    },
  };
}

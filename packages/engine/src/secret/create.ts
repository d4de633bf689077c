/** `secret create`: the bytes first, then the row that leads to them. */
import type { SecretInfo, SecretRequest } from "@podwright/spec/engine-api/secrets";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { SecretRecord } from "../ports/secret-record.ts";
import { secretEvent } from "./secret-event.ts";
import { SECRETS_LOCK, type SecretContext, sweepSecretFiles, toSecretInfo } from "./context.ts";

const ID_LENGTH = 25;
const LONGEST_NAME = 253;
const SIZE_LIMIT = 512_000;
// biome-ignore lint/suspicious/noControlCharactersInRegex: a name must not end early where C reads it
const NAME = /^[^,/=\0]+$/;

/** @throws SECRET_NAME_IN_USE, SECRET_INVALID */
export async function createSecret(ctx: SecretContext, request: SecretRequest): Promise<SecretInfo> {
  checkSecret(request);
  using _lock = await ctx.locks.acquire(SECRETS_LOCK);
  sweepSecretFiles(ctx);
  const present = ctx.store.secrets.byName(request.name);
  if (present !== undefined && request.ignore) return toSecretInfo(ctx, present);
  if (present !== undefined && !request.replace) {
    throw new EngineError("SECRET_NAME_IN_USE", `${request.name}: secret name in use`, {
      details: { name: request.name },
    });
  }
  const record = toRecord(ctx, request, present);
  ctx.files.write(record.id, request.data);
  ctx.store.secrets.put(record);
  if (present !== undefined) {
    ctx.files.remove(present.id);
    ctx.events.write(secretEvent(present, "remove"));
  }
  ctx.events.write(secretEvent(record, "create"));
  return toSecretInfo(ctx, record);
}

/** @throws SECRET_INVALID, NOT_IMPLEMENTED for what no store would take */
export function checkSecret({ name, data, driver, driverOptions, replace, ignore }: SecretRequest): void {
  if (name.length > LONGEST_NAME || !NAME.test(name)) {
    throw new EngineError(
      "SECRET_INVALID",
      `secret name ${JSON.stringify(name)} can not include '=', '/', ',', or the '\\0' (NULL) and be between 1 and 253 characters: invalid secret name`,
      { details: { name } },
    );
  }
  if (replace && ignore) {
    throw new EngineError("SECRET_INVALID", "cannot use --ignore and --replace flags together");
  }
  if (driver !== undefined && driver !== "file") {
    throw new EngineError("NOT_IMPLEMENTED", `secret driver "${driver}" is not supported: only "file" is`);
  }
  if (driverOptions?.["path"] !== undefined) {
    throw new EngineError("NOT_IMPLEMENTED", 'secret driver option "path" is not supported', {
      hint: "secrets are kept in the engine's store",
    });
  }
  if (data.byteLength === 0 || data.byteLength >= SIZE_LIMIT) {
    throw new EngineError(
      "SECRET_INVALID",
      `secret data must be larger than 0 and less than ${SIZE_LIMIT} bytes`,
      { details: { name, bytes: data.byteLength } },
    );
  }
}

function toRecord(
  { ids, clock }: SecretContext,
  request: SecretRequest,
  present: SecretRecord | undefined,
): SecretRecord {
  const now = clock.now();
  return {
    id: ids.id().slice(0, ID_LENGTH),
    name: request.name,
    labels: request.labels,
    driverOptions: request.driverOptions ?? {},
    created: present?.created ?? now,
    updated: now,
  };
}

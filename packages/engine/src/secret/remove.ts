/** `secret rm`. Containers that were made with a secret keep their own copy of it. */
import type { Outcome } from "@podwright/spec/engine-api/common";
import { EngineError, isEngineError } from "@podwright/spec/errors/engine-error";
import { secretEvent } from "./secret-event.ts";
import { SECRETS_LOCK, type SecretContext, sweepSecretFiles } from "./context.ts";

export interface RemoveSecretsOptions {
  readonly all: boolean;
  /** A name that is nobody's is left out of the outcomes. */
  readonly ignore: boolean;
}

export async function removeSecrets(
  ctx: SecretContext,
  namesOrIds: readonly string[],
  options: RemoveSecretsOptions,
): Promise<Outcome[]> {
  using _lock = await ctx.locks.acquire(SECRETS_LOCK);
  const inputs = options.all ? ctx.store.secrets.list().map(({ id }) => id) : namesOrIds;
  const outcomes: Outcome[] = [];
  for (const input of inputs) {
    const outcome = removeOne(ctx, input);
    if (options.ignore && isEngineError(outcome.error, "SECRET_NOT_FOUND")) continue;
    outcomes.push(outcome);
  }
  sweepSecretFiles(ctx);
  return outcomes;
}

/** The row alone: its bytes go with all others that have none. */
function removeOne(ctx: SecretContext, input: string): Outcome {
  try {
    const record = ctx.store.secrets.find(input);
    ctx.store.secrets.remove(record.id);
    ctx.events.write(secretEvent(record, "remove"));
    return { input, id: record.id };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    if (error.code !== "SECRET_NOT_FOUND") return { input, error };
    return { input, error: new EngineError(error.code, error.message, { exit: 1 }) };
  }
}

/** A secret with its bytes, for those who show it and for containers that are given it. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { SecretRecord } from "../ports/secret-record.ts";
import type { SecretContext } from "./context.ts";

export interface WholeSecret {
  readonly record: SecretRecord;
  readonly data: Uint8Array;
}

/** @throws SECRET_NOT_FOUND, also where another command has just removed or replaced it; SECRET_INVALID */
export function readSecret(
  { store, files }: Pick<SecretContext, "store" | "files">,
  nameOrId: string,
): WholeSecret {
  const record = store.secrets.find(nameOrId);
  const data = files.read(record.id);
  if (data !== undefined) return { record, data };
  throw new EngineError(
    "SECRET_NOT_FOUND",
    `no secret data with ID ${JSON.stringify(record.id)}: no such secret`,
    { details: { input: nameOrId } },
  );
}

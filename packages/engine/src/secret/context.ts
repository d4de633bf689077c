/** What the secret domain works with. */
import type { SecretInfo } from "@podwright/spec/engine-api/secrets";
import type { EventLog } from "../ports/event-log.ts";
import type { Clock, IdSource } from "../ports/ids.ts";
import type { Locks } from "../ports/lock.ts";
import type { SecretFiles, SecretRecord } from "../ports/secret-record.ts";
import type { Store } from "../ports/store.ts";

export interface SecretContext {
  readonly store: Store;
  readonly locks: Locks;
  readonly ids: IdSource;
  readonly clock: Clock;
  readonly events: EventLog;
  readonly files: SecretFiles;
}

/** One for all of them: it is held while a file is written, and commands that change secrets are rare. */
export const SECRETS_LOCK = "secrets";

/** Bytes without a row are of commands that were killed. To be called with the lock held. */
export function sweepSecretFiles({ store, files }: SecretContext): void {
  const known = new Set(store.secrets.list().map(({ id }) => id));
  for (const id of files.ids()) if (!known.has(id)) files.remove(id);
}

export function toSecretInfo({ files }: SecretContext, record: SecretRecord): SecretInfo {
  return { ...record, driver: "file", driverOptions: { ...record.driverOptions, path: files.path } };
}

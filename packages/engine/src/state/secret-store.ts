/** Rows of secrets. */
import type { Database } from "bun:sqlite";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { SecretRecord } from "../ports/secret-record.ts";
import type { SecretStore } from "../ports/store.ts";

export class SqliteSecretStore implements SecretStore {
  readonly #db: Database;
  readonly #lasting: () => void;

  /** `lasting` is told of changes that must survive a power cut. */
  constructor(db: Database, lasting: () => void) {
    this.#db = db;
    this.#lasting = lasting;
  }

  put(record: SecretRecord): void {
    this.#lasting();
    const replace = this.#db.transaction(() => {
      this.#db.query("DELETE FROM secrets WHERE name = ?").run(record.name);
      this.#db
        .query("INSERT INTO secrets VALUES (?, ?, ?)")
        .run(record.id, record.name, JSON.stringify(record));
    });
    replace.immediate();
  }

  byName(name: string): SecretRecord | undefined {
    return this.#select("WHERE name = ?", name)[0];
  }

  find(nameOrId: string): SecretRecord {
    const exact = this.#select("WHERE id = ?", nameOrId)[0] ?? this.byName(nameOrId);
    if (exact !== undefined) return exact;
    const isPrefix = /^[0-9a-f]{1,25}$/.test(nameOrId);
    const [found, other] = isPrefix
      ? this.#select("WHERE id >= ? AND id < ? LIMIT 2", nameOrId, `${nameOrId}g`)
      : [];
    const details = { input: nameOrId };
    if (found === undefined) {
      const message = `no secret with name or id ${JSON.stringify(nameOrId)}: no such secret`;
      throw new EngineError("SECRET_NOT_FOUND", message, { details });
    }
    if (other !== undefined) {
      const message = `more than one result secret with prefix ${nameOrId}: secret is ambiguous`;
      throw new EngineError("SECRET_INVALID", message, { details });
    }
    return found;
  }

  list(): SecretRecord[] {
    return this.#select("ORDER BY name");
  }

  remove(id: string): void {
    this.#db.query("DELETE FROM secrets WHERE id = ?").run(id);
  }

  /** `tail` is what follows FROM: a condition, an order. */
  #select(tail: string, ...values: string[]): SecretRecord[] {
    return this.#db
      .query<{ record: string }, string[]>(`SELECT record FROM secrets ${tail}`)
      .all(...values)
      .map((row) => JSON.parse(row.record) as SecretRecord);
  }
}

/** Rows of volumes. */
import type { Database } from "bun:sqlite";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { VolumeRecord } from "../ports/volume-record.ts";
import type { VolumeStore } from "../ports/store.ts";

export class SqliteVolumeStore implements VolumeStore {
  readonly #db: Database;
  readonly #lasting: () => void;

  /** `lasting` is told of changes that must survive a power cut. */
  constructor(db: Database, lasting: () => void) {
    this.#db = db;
    this.#lasting = lasting;
  }

  add(record: VolumeRecord): void {
    this.#lasting();
    const result = this.#db
      .query("INSERT OR IGNORE INTO volumes VALUES (?, ?)")
      .run(record.name, JSON.stringify(record));
    if (result.changes > 0) return;
    throw new EngineError(
      "VOLUME_NAME_IN_USE",
      `volume with name ${record.name} already exists: volume already exists`,
      { details: { name: record.name } },
    );
  }

  get(name: string): VolumeRecord | undefined {
    return this.#select("SELECT record FROM volumes WHERE name = ?", [name])[0];
  }

  find(name: string): VolumeRecord {
    const exact = this.get(name);
    if (exact !== undefined) return exact;
    const sql = "SELECT record FROM volumes WHERE substr(name, 1, length(?1)) = ?1 LIMIT 2";
    const [found, other] = name === "" ? [] : this.#select(sql, [name]);
    if (found === undefined) {
      throw new EngineError("VOLUME_NOT_FOUND", `no volume with name "${name}" found: no such volume`, {
        details: { input: name },
      });
    }
    if (other !== undefined) {
      throw new EngineError(
        "VOLUME_INVALID",
        `more than one result for volume name ${name}: volume already exists`,
        { details: { input: name } },
      );
    }
    return found;
  }

  list(): VolumeRecord[] {
    return this.#select("SELECT record FROM volumes ORDER BY name", []);
  }

  update(name: string, change: (record: VolumeRecord) => VolumeRecord): void {
    this.#db
      .transaction(() => {
        const record = this.get(name);
        if (record === undefined) return;
        this.#db
          .query("UPDATE volumes SET record = ? WHERE name = ?")
          .run(JSON.stringify(change(record)), name);
      })
      .immediate();
  }

  remove(name: string): void {
    this.#db.query("DELETE FROM volumes WHERE name = ?").run(name);
  }

  #select(sql: string, values: string[]): VolumeRecord[] {
    return this.#db
      .query<{ record: string }, string[]>(sql)
      .all(...values)
      .map((row) => JSON.parse(row.record) as VolumeRecord);
  }
}

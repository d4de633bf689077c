/** Rows of plays that are at work, or were when they were killed. */
import type { Database } from "bun:sqlite";
import type { MadeByPlay, PlayRecord, PlayStore } from "../ports/play-record.ts";
import type { ProcessIdentity } from "../ports/processes.ts";

interface Row {
  id: string;
  owner: string;
  made: string;
}

export class SqlitePlayStore implements PlayStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  add({ id, owner, made }: PlayRecord): void {
    this.#db.query("INSERT INTO plays VALUES (?, ?, ?)").run(id, JSON.stringify(owner), JSON.stringify(made));
  }

  list(): PlayRecord[] {
    return this.#db
      .query<Row, []>("SELECT id, owner, made FROM plays")
      .all()
      .map(({ id, owner, made }) => ({
        id,
        owner: JSON.parse(owner) as ProcessIdentity,
        made: JSON.parse(made) as MadeByPlay,
      }));
  }

  update(id: string, change: (made: MadeByPlay) => MadeByPlay): void {
    this.#db
      .transaction(() => {
        const row = this.#db
          .query<Pick<Row, "made">, [string]>("SELECT made FROM plays WHERE id = ?")
          .get(id);
        if (row === null) return;
        const next = JSON.stringify(change(JSON.parse(row.made) as MadeByPlay));
        this.#db.query("UPDATE plays SET made = ? WHERE id = ?").run(next, id);
      })
      .immediate();
  }

  remove(id: string): void {
    this.#db.query("DELETE FROM plays WHERE id = ?").run(id);
  }
}

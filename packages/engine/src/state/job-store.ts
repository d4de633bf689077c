/** Rows of jobs. */
import type { Database } from "bun:sqlite";
import type { JobRecord, JobSpec, JobState, JobStore } from "../ports/job-record.ts";

interface Row {
  id: string;
  name: string;
  spec: string;
  state: string;
}

export class SqliteJobStore implements JobStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  add({ id, name, spec, state }: JobRecord): void {
    this.#db
      .query("INSERT INTO jobs VALUES (?, ?, ?, ?)")
      .run(id, name, JSON.stringify(spec), JSON.stringify(state));
  }

  get(id: string): JobRecord | undefined {
    const row = this.#db.query<Row, [string]>("SELECT * FROM jobs WHERE id = ?").get(id);
    return row === null ? undefined : toRecord(row);
  }

  list(): JobRecord[] {
    return this.#db.query<Row, []>("SELECT * FROM jobs").all().map(toRecord);
  }

  updateState(id: string, change: (state: JobState) => JobState): JobState | undefined {
    return this.#db
      .transaction(() => {
        const record = this.get(id);
        if (record === undefined) return undefined;
        const next = change(record.state);
        if (next !== record.state) {
          this.#db.query("UPDATE jobs SET state = ? WHERE id = ?").run(JSON.stringify(next), id);
        }
        return next;
      })
      .immediate();
  }

  removeUnused(): void {
    this.#db
      .query(
        "DELETE FROM jobs WHERE NOT EXISTS (SELECT 1 FROM pods WHERE json_extract(pods.config, '$.job.id') = jobs.id)",
      )
      .run();
  }
}

function toRecord({ id, name, spec, state }: Row): JobRecord {
  return { id, name, spec: JSON.parse(spec) as JobSpec, state: JSON.parse(state) as JobState };
}

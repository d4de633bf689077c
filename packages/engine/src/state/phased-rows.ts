/** What rows of containers and of pods have in common: a name, a phase with its owner, a config and a state. */
import type { Database } from "bun:sqlite";
import type { Phase } from "../ports/container-record.ts";
import type { ProcessIdentity } from "../ports/processes.ts";
import { findRows } from "./lookup.ts";
import { write } from "./write.ts";

/** phase, owner, config, state */
type Values = [Phase, string | null, string, string];

interface Row {
  id: string;
  phase: Phase;
  owner: string | null;
  config: string;
  state: string;
}

export interface PhasedRecord<Config, State> {
  readonly phase: Phase;
  readonly owner?: ProcessIdentity;
  readonly config: Config;
  readonly state: State;
}

/** In the order of Values, which cost half of what an object for each row does. */
const COLUMNS = "phase, owner, config, state";

export class PhasedRows<Config, State> {
  readonly #db: Database;
  readonly #table: "containers" | "pods";

  constructor(db: Database, table: "containers" | "pods") {
    this.#db = db;
    this.#table = table;
  }

  /** `condition` is what follows FROM. An order is for the caller to make: SQLite would move whole rows about. */
  select(condition: string, ...values: readonly string[]): PhasedRecord<Config, State>[] {
    const rows = this.#db
      .query<never, string[]>(`SELECT ${COLUMNS} FROM ${this.#table} ${condition}`)
      .values(...values) as Values[];
    return rows.map(([phase, owner, config, state]) => this.#toRecord({ phase, owner, config, state }));
  }

  get(id: string): PhasedRecord<Config, State> | undefined {
    return this.select("WHERE id = ?", id)[0];
  }

  findByName(name: string): PhasedRecord<Config, State> | undefined {
    return this.select("WHERE name = ?", name)[0];
  }

  /** By name, id or the beginning of an id; two where that is ambiguous. */
  matching(nameOrId: string): PhasedRecord<Config, State>[] {
    return findRows<Row>(this.#db, this.#table, nameOrId).map((row) => this.#toRecord(row));
  }

  ids(): string[] {
    return this.#db
      .query<{ id: string }, []>(`SELECT id FROM ${this.#table}`)
      .all()
      .map((row) => row.id);
  }

  unfinished(): PhasedRecord<Config, State>[] {
    return this.select("WHERE phase <> 'ready'");
  }

  setPhase(id: string, phase: Phase, owner?: ProcessIdentity): void {
    const text = owner === undefined ? null : JSON.stringify(owner);
    write(this.#db, () =>
      this.#db.query(`UPDATE ${this.#table} SET phase = ?, owner = ? WHERE id = ?`).run(phase, text, id),
    );
  }

  updateState(id: string, change: (state: State) => State): State | undefined {
    return this.#update("state", id, (json) => change(json as State));
  }

  updateConfig(id: string, change: (config: Config) => Config): Config | undefined {
    return this.#update("config", id, (json) => change(json as Config));
  }

  #update<T>(column: "config" | "state", id: string, change: (json: unknown) => T): T | undefined {
    return write(this.#db, () => {
      const row = this.#db
        .query<{ json: string }, [string]>(`SELECT ${column} AS json FROM ${this.#table} WHERE id = ?`)
        .get(id);
      if (row === null) return undefined;
      const next = change(JSON.parse(row.json));
      this.#db.query(`UPDATE ${this.#table} SET ${column} = ? WHERE id = ?`).run(JSON.stringify(next), id);
      return next;
    });
  }

  #toRecord(row: Omit<Row, "id">): PhasedRecord<Config, State> {
    return {
      phase: row.phase,
      ...(row.owner === null ? {} : { owner: JSON.parse(row.owner) as ProcessIdentity }),
      config: JSON.parse(row.config) as Config,
      state: JSON.parse(row.state) as State,
    };
  }
}

interface Aged {
  readonly config: { readonly id: string; readonly created: number };
}

/** In order of creation. */
export function byAge({ config: a }: Aged, { config: b }: Aged): number {
  return a.created - b.created || (a.id < b.id ? -1 : 1);
}

/** Rows of pods, each with the record of its infra container. */
import type { Database } from "bun:sqlite";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { ContainerRecord, Phase } from "../ports/container-record.ts";
import type { PodRecord, PodState } from "../ports/pod-record.ts";
import type { ProcessIdentity } from "../ports/processes.ts";
import type { PodStore } from "../ports/store.ts";
import { insertContainer } from "./container-store.ts";
import { findRows } from "./lookup.ts";

interface Row {
  id: string;
  phase: Phase;
  owner: string | null;
  config: string;
  state: string;
}

const COLUMNS = "id, phase, owner, config, state";

export class SqlitePodStore implements PodStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  add(record: PodRecord, infra: ContainerRecord | undefined): void {
    this.#db
      .transaction(() => {
        this.#refuseTakenName(record.config.name);
        this.#db
          .query(
            "INSERT INTO pods (id, name, phase, owner, created, config, state) VALUES (?, ?, ?, ?, ?, ?, ?)",
          )
          .run(
            record.config.id,
            record.config.name,
            record.phase,
            record.owner === undefined ? null : JSON.stringify(record.owner),
            record.config.created,
            JSON.stringify(record.config),
            JSON.stringify(record.state),
          );
        if (infra !== undefined) insertContainer(this.#db, infra, []);
      })
      .immediate();
  }

  get(id: string): PodRecord | undefined {
    const row = this.#db.query<Row, [string]>(`SELECT ${COLUMNS} FROM pods WHERE id = ?`).get(id);
    return row === null ? undefined : toRecord(row);
  }

  find(nameOrId: string): PodRecord {
    const [row, other] = findRows<Row>(this.#db, "pods", nameOrId);
    if (row === undefined) {
      throw new EngineError("POD_NOT_FOUND", `no pod with name or ID ${nameOrId} found: no such pod`, {
        details: { input: nameOrId },
      });
    }
    if (other !== undefined) {
      throw new EngineError(
        "POD_NAME_AMBIGUOUS",
        `more than one result for ID or name ${nameOrId}: pod already exists`,
        { details: { input: nameOrId } },
      );
    }
    return toRecord(row);
  }

  findByName(name: string): PodRecord | undefined {
    const row = this.#db.query<Row, [string]>(`SELECT ${COLUMNS} FROM pods WHERE name = ?`).get(name);
    return row === null ? undefined : toRecord(row);
  }

  list(options: { includeCreating?: boolean } = {}): PodRecord[] {
    const where = options.includeCreating === true ? "" : "WHERE phase <> 'creating'";
    const rows = this.#db.query<Row, []>(`SELECT ${COLUMNS} FROM pods ${where} ORDER BY created, id`).all();
    return rows.map(toRecord);
  }

  ids(): string[] {
    return this.#db
      .query<{ id: string }, []>("SELECT id FROM pods")
      .all()
      .map((row) => row.id);
  }

  unfinished(): PodRecord[] {
    return this.#db.query<Row, []>(`SELECT ${COLUMNS} FROM pods WHERE phase <> 'ready'`).all().map(toRecord);
  }

  setPhase(id: string, phase: Phase, owner?: ProcessIdentity): void {
    this.#db
      .query("UPDATE pods SET phase = ?, owner = ? WHERE id = ?")
      .run(phase, owner === undefined ? null : JSON.stringify(owner), id);
  }

  updateState(id: string, change: (state: PodState) => PodState): PodState | undefined {
    return this.#db
      .transaction(() => {
        const row = this.#db
          .query<{ state: string }, [string]>("SELECT state FROM pods WHERE id = ?")
          .get(id);
        if (row === null) return undefined;
        const next = change(JSON.parse(row.state) as PodState);
        this.#db.query("UPDATE pods SET state = ? WHERE id = ?").run(JSON.stringify(next), id);
        return next;
      })
      .immediate();
  }

  remove(id: string): void {
    this.#db
      .transaction(() => {
        const config = this.get(id)?.config;
        if (config !== undefined && config.infraId !== "") {
          this.#db.query("DELETE FROM containers WHERE id = ?").run(config.infraId);
        }
        this.#db.query("DELETE FROM pods WHERE id = ?").run(id);
      })
      .immediate();
  }

  #refuseTakenName(name: string): void {
    const holder = this.#db.query<{ id: string }, [string]>("SELECT id FROM pods WHERE name = ?").get(name);
    if (holder === null) return;
    throw new EngineError(
      "POD_NAME_IN_USE",
      `adding pod to state: name "${name}" is in use: pod already exists`,
      { details: { id: holder.id, name } },
    );
  }
}

function toRecord(row: Row): PodRecord {
  return {
    phase: row.phase,
    ...(row.owner === null ? {} : { owner: JSON.parse(row.owner) as ProcessIdentity }),
    config: JSON.parse(row.config) as PodRecord["config"],
    state: JSON.parse(row.state) as PodState,
  };
}

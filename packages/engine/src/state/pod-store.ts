/** Rows of pods, each with the record of its infra container. */
import type { Database } from "bun:sqlite";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { ContainerRecord, Phase } from "../ports/container-record.ts";
import type { PodConfig, PodRecord, PodState } from "../ports/pod-record.ts";
import type { ProcessIdentity } from "../ports/processes.ts";
import type { PodStore } from "../ports/store.ts";
import { insertContainer } from "./container-store.ts";
import { byAge, PhasedRows } from "./phased-rows.ts";
import { write } from "./write.ts";

export class SqlitePodStore implements PodStore {
  readonly #db: Database;
  readonly #rows: PhasedRows<PodConfig, PodState>;

  constructor(db: Database) {
    this.#db = db;
    this.#rows = new PhasedRows(db, "pods");
  }

  add(record: PodRecord, infra: ContainerRecord | undefined): void {
    write(this.#db, () => {
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
    });
  }

  get(id: string): PodRecord | undefined {
    return this.#rows.get(id);
  }

  find(nameOrId: string): PodRecord {
    const [row, other] = this.#rows.matching(nameOrId);
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
    return row;
  }

  findByName(name: string): PodRecord | undefined {
    return this.#rows.findByName(name);
  }

  list(options: { includeCreating?: boolean } = {}): PodRecord[] {
    const where = options.includeCreating === true ? "" : "WHERE phase <> 'creating'";
    return this.#rows.select(where).sort(byAge);
  }

  ids(): string[] {
    return this.#rows.ids();
  }

  unfinished(): PodRecord[] {
    return this.#rows.unfinished();
  }

  setPhase(id: string, phase: Phase, owner?: ProcessIdentity): void {
    this.#rows.setPhase(id, phase, owner);
  }

  updateState(id: string, change: (state: PodState) => PodState): PodState | undefined {
    return this.#rows.updateState(id, change);
  }

  updateConfig(id: string, change: (config: PodConfig) => PodConfig): PodConfig | undefined {
    return this.#rows.updateConfig(id, change);
  }

  remove(id: string): void {
    write(this.#db, () => {
      const config = this.get(id)?.config;
      if (config !== undefined && config.infraId !== "") {
        this.#db.query("DELETE FROM containers WHERE id = ?").run(config.infraId);
      }
      this.#db.query("DELETE FROM pods WHERE id = ?").run(id);
    });
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

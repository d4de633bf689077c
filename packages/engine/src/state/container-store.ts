/** Rows of containers: what was asked for, and what the engine noted of the last run. */
import type { Database } from "bun:sqlite";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { ContainerConfig, ContainerRecord, ContainerState, Phase } from "../ports/container-record.ts";
import type { ProcessIdentity } from "../ports/processes.ts";
import type { ContainerStore, UnfinishedContainer } from "../ports/store.ts";
import { byAge, PhasedRows } from "./phased-rows.ts";
import { write } from "./write.ts";

export class SqliteContainerStore implements ContainerStore {
  readonly #db: Database;
  readonly #rows: PhasedRows<ContainerConfig, ContainerState>;

  constructor(db: Database) {
    this.#db = db;
    this.#rows = new PhasedRows(db, "containers");
  }

  add(record: ContainerRecord, volumes: readonly string[]): void {
    write(this.#db, () => insertContainer(this.#db, record, volumes));
  }

  get(id: string): ContainerRecord | undefined {
    return this.#rows.get(id);
  }

  find(nameOrId: string): ContainerRecord {
    const rows = this.#rows.matching(nameOrId);
    const [row, other] = rows;
    if (row === undefined) {
      throw new EngineError(
        "CONTAINER_NOT_FOUND",
        `no container with name or ID "${nameOrId}" found: no such container`,
        { details: { input: nameOrId } },
      );
    }
    if (other !== undefined) {
      throw new EngineError(
        "CONTAINER_NAME_AMBIGUOUS",
        `more than one result for container name or ID ${nameOrId}: container already exists`,
        { details: { input: nameOrId } },
      );
    }
    return row;
  }

  findByName(name: string): ContainerRecord | undefined {
    return this.#rows.findByName(name);
  }

  list(options: { podId?: string; includeCreating?: boolean } = {}): ContainerRecord[] {
    const conditions = options.includeCreating === true ? [] : ["phase <> 'creating'"];
    if (options.podId !== undefined) conditions.push("pod_id = ?");
    const where = conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`;
    const values = options.podId === undefined ? [] : [options.podId];
    return this.#rows.select(where, ...values).sort(byAge);
  }

  ids(): string[] {
    return this.#rows.ids();
  }

  unfinished(): UnfinishedContainer[] {
    return this.#db
      .query<{ id: string; owner: string | null }, []>(
        "SELECT id, owner FROM containers WHERE phase <> 'ready'",
      )
      .all()
      .map(({ id, owner }) => ({
        id,
        ...(owner === null ? {} : { owner: JSON.parse(owner) as ProcessIdentity }),
      }));
  }

  setPhase(id: string, phase: Phase, owner?: ProcessIdentity): void {
    this.#rows.setPhase(id, phase, owner);
  }

  updateState(id: string, change: (state: ContainerState) => ContainerState): ContainerState | undefined {
    return this.#rows.updateState(id, change);
  }

  updateConfig(
    id: string,
    change: (config: ContainerConfig) => ContainerConfig,
  ): ContainerConfig | undefined {
    return this.#rows.updateConfig(id, change);
  }

  rename(id: string, name: string): void {
    this.#db
      .transaction(() => {
        const record = this.find(id);
        refuseTakenName(this.#db, name);
        const config = { ...record.config, name };
        this.#db
          .query("UPDATE containers SET name = ?, config = ? WHERE id = ?")
          .run(name, JSON.stringify(config), record.config.id);
      })
      .immediate();
  }

  remove(id: string): void {
    write(this.#db, () => this.#db.query("DELETE FROM containers WHERE id = ?").run(id));
  }

  dependents(id: string): string[] {
    return this.#ids("SELECT container_id AS id FROM container_dependencies WHERE dependency_id = ?", id);
  }

  usingVolume(volume: string): string[] {
    return this.#ids("SELECT container_id AS id FROM container_volumes WHERE volume = ?", volume);
  }

  usingImage(imageId: string): string[] {
    const mounts = "json_each(containers.config, '$.mounts')";
    return this.#ids(
      `SELECT id FROM containers WHERE image_id = ?1
         OR EXISTS (SELECT 1 FROM ${mounts} WHERE json_extract(value, '$.imageId') = ?1)`,
      imageId,
    );
  }

  #ids(sql: string, value: string): string[] {
    return this.#db
      .query<{ id: string }, [string]>(sql)
      .all(value)
      .map((row) => row.id);
  }
}

/** Inside the caller's transaction. @throws CONTAINER_NAME_IN_USE */
export function insertContainer(db: Database, record: ContainerRecord, volumes: readonly string[]): void {
  const { config } = record;
  refuseTakenName(db, config.name);
  if (!config.infra) refuseDepartingPod(db, config.podId);
  db.query(
    `INSERT INTO containers (id, name, pod_id, image_id, phase, owner, created, config, state)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  ).run(
    config.id,
    config.name,
    config.podId,
    config.image.id,
    record.phase,
    record.owner === undefined ? null : JSON.stringify(record.owner),
    config.created,
    JSON.stringify(config),
    JSON.stringify(record.state),
  );
  const depends = db.query("INSERT INTO container_dependencies VALUES (?, ?)");
  for (const dependency of new Set(config.dependencies)) depends.run(config.id, dependency);
  const uses = db.query("INSERT INTO container_volumes VALUES (?, ?)");
  for (const volume of new Set(volumes)) uses.run(config.id, volume);
}

/** A pod that is being removed takes no new members. */
function refuseDepartingPod(db: Database, podId: string): void {
  if (podId === "") return;
  const pod = db.query<{ phase: Phase }, [string]>("SELECT phase FROM pods WHERE id = ?").get(podId);
  if (pod !== null && pod.phase !== "removing" && pod.phase !== "creating") return;
  throw new EngineError("POD_NOT_FOUND", `no pod with name or ID ${podId} found: no such pod`);
}

function refuseTakenName(db: Database, name: string): void {
  const holder = db.query<{ id: string }, [string]>("SELECT id FROM containers WHERE name = ?").get(name);
  if (holder === null) return;
  throw new EngineError(
    "CONTAINER_NAME_IN_USE",
    `creating container storage: the container name "${name}" is already in use by ${holder.id}. ` +
      "You have to remove that container to be able to reuse that name: that name is already in use, " +
      "or use --replace to instruct Podwright to do so.",
    { details: { id: holder.id, name } },
  );
}

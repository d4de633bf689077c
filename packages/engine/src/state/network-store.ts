/** Rows of networks and of the addresses leased in them. */
import type { Database } from "bun:sqlite";
import type { NetworkConfig } from "@podwright/spec/engine-api/networks";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { Lease, NetworkStore } from "../ports/store.ts";
import { write } from "./write.ts";

interface LeaseRow {
  network: string;
  address: string;
  owner: string;
  mac: string;
  interface: string;
}

export class SqliteNetworkStore implements NetworkStore {
  readonly #db: Database;
  readonly #lasting: () => void;

  /** `lasting` is told of changes that must survive a power cut. */
  constructor(db: Database, lasting: () => void) {
    this.#db = db;
    this.#lasting = lasting;
  }

  add(network: NetworkConfig): void {
    this.#lasting();
    const result = this.#db
      .query("INSERT OR IGNORE INTO networks VALUES (?, ?, ?)")
      .run(network.name, network.id, JSON.stringify(network));
    if (result.changes > 0) return;
    throw new EngineError(
      "NETWORK_NAME_IN_USE",
      `network name ${network.name} already used: network already exists`,
      {
        details: { name: network.name },
      },
    );
  }

  get(name: string): NetworkConfig | undefined {
    return this.#select("SELECT record FROM networks WHERE name = ?", [name])[0];
  }

  find(nameOrId: string): NetworkConfig {
    const exact = this.#select("SELECT record FROM networks WHERE name = ?1 OR id = ?1", [nameOrId])[0];
    if (exact !== undefined) return exact;
    const prefix = /^[0-9a-f]+$/.test(nameOrId)
      ? this.#select("SELECT record FROM networks WHERE id >= ? AND id < ? LIMIT 2", [
          nameOrId,
          `${nameOrId}g`,
        ])
      : [];
    const [found, other] = prefix;
    if (found === undefined) {
      throw new EngineError(
        "NETWORK_NOT_FOUND",
        `unable to find network with name or ID ${nameOrId}: network not found`,
        { details: { input: nameOrId } },
      );
    }
    if (other !== undefined) {
      throw new EngineError("NETWORK_INVALID", `more than one result for network ID ${nameOrId}`);
    }
    return found;
  }

  list(): NetworkConfig[] {
    return this.#select("SELECT record FROM networks ORDER BY name", []);
  }

  update(network: NetworkConfig): void {
    this.#db
      .query("UPDATE networks SET record = ? WHERE name = ?")
      .run(JSON.stringify(network), network.name);
  }

  remove(name: string): void {
    this.#db
      .transaction(() => {
        this.#db.query("DELETE FROM serials WHERE name = ?").run(`lease ${name}`);
        this.#db.query("DELETE FROM leases WHERE network = ?").run(name);
        this.#db.query("DELETE FROM networks WHERE name = ?").run(name);
      })
      .immediate();
  }

  lease(lease: Omit<Lease, "address">, candidates: Iterable<string>): string | undefined {
    return write(this.#db, () => {
      const take = this.#db.query("INSERT OR IGNORE INTO leases VALUES (?, ?, ?, ?, ?)");
      for (const address of candidates) {
        const result = take.run(lease.network, address, lease.owner, lease.mac, lease.interfaceName);
        if (result.changes > 0) return address;
      }
      return undefined;
    });
  }

  leases(filter: { network?: string; owner?: string }): Lease[] {
    const conditions = [];
    const values = [];
    for (const key of ["network", "owner"] as const) {
      const value = filter[key];
      if (value === undefined) continue;
      conditions.push(`${key} = ?`);
      values.push(value);
    }
    const where = conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`;
    return this.#db
      .query<LeaseRow, string[]>(`SELECT * FROM leases ${where} ORDER BY network, address`)
      .all(...values)
      .map(({ interface: interfaceName, ...row }) => ({ ...row, interfaceName }));
  }

  release(owner: string, network?: string): void {
    write(this.#db, () => {
      if (network === undefined) this.#db.query("DELETE FROM leases WHERE owner = ?").run(owner);
      else this.#db.query("DELETE FROM leases WHERE owner = ? AND network = ?").run(owner, network);
    });
  }

  nextSerial(counter: string): number {
    const row = write(this.#db, () =>
      this.#db
        .query<{ value: number }, [string]>(
          `INSERT INTO serials VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1
           RETURNING value`,
        )
        .get(counter),
    );
    return row?.value ?? 1;
  }

  #select(sql: string, values: string[]): NetworkConfig[] {
    return this.#db
      .query<{ record: string }, string[]>(sql)
      .all(...values)
      .map((row) => JSON.parse(row.record) as NetworkConfig);
  }
}

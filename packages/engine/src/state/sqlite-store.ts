/** The Store over one SQLite database. */
import type { Database } from "bun:sqlite";
import type { Store } from "../ports/store.ts";
import { SqliteContainerStore } from "./container-store.ts";
import { SqliteImageStore } from "./image-store.ts";
import { SqliteJobStore } from "./job-store.ts";
import { SqliteNetworkStore } from "./network-store.ts";
import { lastingChanges } from "./lasting-changes.ts";
import { openDatabase, type StoreOwner } from "./open.ts";
import { SqlitePlayStore } from "./play-store.ts";
import { SqlitePodStore } from "./pod-store.ts";
import { SqliteSecretStore } from "./secret-store.ts";
import { SqliteVolumeStore } from "./volume-store.ts";
import { write } from "./write.ts";

export class SqliteStore implements Store {
  readonly containers: SqliteContainerStore;
  readonly pods: SqlitePodStore;
  readonly images: SqliteImageStore;
  readonly volumes: SqliteVolumeStore;
  readonly networks: SqliteNetworkStore;
  readonly plays: SqlitePlayStore;
  readonly secrets: SqliteSecretStore;
  readonly jobs: SqliteJobStore;
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
    const lasting = lastingChanges(db);
    this.containers = new SqliteContainerStore(db);
    this.pods = new SqlitePodStore(db);
    this.images = new SqliteImageStore(db, lasting);
    this.volumes = new SqliteVolumeStore(db, lasting);
    this.networks = new SqliteNetworkStore(db, lasting);
    this.plays = new SqlitePlayStore(db);
    this.secrets = new SqliteSecretStore(db, lasting);
    this.jobs = new SqliteJobStore(db);
  }

  /** `root` is the store's directory. @throws STATE_UNREADABLE */
  static open(root: string, owner: StoreOwner = { alone: false }): SqliteStore {
    return new SqliteStore(openDatabase(root, owner));
  }

  /** SQLite counts what others have written (data_version) and what this connection has. */
  revision(): string {
    const theirs = this.#db.query<{ data_version: number }, []>("PRAGMA data_version").get();
    const ours = this.#db.query<{ changes: number }, []>("SELECT total_changes() AS changes").get();
    return `${theirs?.data_version ?? 0}.${ours?.changes ?? 0}`;
  }

  transaction<T>(work: () => T): T {
    return write(this.#db, work);
  }

  close(): void {
    this.#db.close();
  }
}

/** Rows of images, their names and their layers. */
import type { Database } from "bun:sqlite";
import type { ImageRecord, LayerRecord } from "../ports/image-record.ts";
import type { ImageStore } from "../ports/store.ts";

type StoredImage = Omit<ImageRecord, "names">;

export class SqliteImageStore implements ImageStore {
  readonly #db: Database;
  readonly #lasting: () => void;

  /** `lasting` is told of changes that must survive a power cut. */
  constructor(db: Database, lasting: () => void) {
    this.#db = db;
    this.#lasting = lasting;
  }

  put(record: ImageRecord): void {
    this.#lasting();
    this.#db
      .transaction(() => {
        const present = this.get(record.id);
        const merged = present === undefined ? record : mergeImages(present, record);
        this.#write(merged);
        const layer = this.#db.query("INSERT OR IGNORE INTO image_layers VALUES (?, ?)");
        for (const chainId of record.layers) layer.run(record.id, chainId);
        for (const name of record.names) this.#moveName(record.id, name);
        this.#rememberNames(record.id);
      })
      .immediate();
  }

  get(id: string): ImageRecord | undefined {
    return this.#many("SELECT id, record FROM images WHERE id = ?", [id])[0];
  }

  byName(name: string): ImageRecord | undefined {
    const sql =
      "SELECT i.id, i.record FROM images i JOIN image_names n ON n.image_id = i.id WHERE n.name = ?";
    return this.#many(sql, [name])[0];
  }

  byDigest(digest: string): ImageRecord[] {
    return this.#many("SELECT id, record FROM images WHERE digest = ?", [digest]);
  }

  byIdPrefix(prefix: string): ImageRecord[] {
    return this.#many("SELECT id, record FROM images WHERE id >= ? AND id < ?", [prefix, `${prefix}g`]);
  }

  list(): ImageRecord[] {
    return this.#many("SELECT id, record FROM images ORDER BY stored, id", []);
  }

  addName(id: string, name: string): void {
    this.#lasting();
    this.#db
      .transaction(() => {
        if (this.get(id) === undefined) return;
        this.#moveName(id, name);
        this.#rememberNames(id);
      })
      .immediate();
  }

  removeName(id: string, name: string): void {
    this.#db
      .transaction(() => {
        this.#db.query("DELETE FROM image_names WHERE name = ? AND image_id = ?").run(name, id);
        this.#rememberNames(id);
      })
      .immediate();
  }

  remove(id: string): void {
    this.#db.query("DELETE FROM images WHERE id = ?").run(id);
  }

  putLayer(layer: LayerRecord): void {
    this.#db
      .transaction(() => {
        const present = this.layer(layer.chainId);
        const blobDigests = [...new Set([...(present?.blobDigests ?? []), ...layer.blobDigests])];
        const blobs = mergeBlobs(present?.blobs, layer.blobs);
        this.#db
          .query("INSERT INTO layers VALUES (?1, ?2) ON CONFLICT (chain_id) DO UPDATE SET record = ?2")
          .run(layer.chainId, JSON.stringify({ ...layer, blobDigests, blobs }));
        const blob = this.#db.query("INSERT OR IGNORE INTO layer_blobs VALUES (?, ?)");
        for (const digest of blobDigests) blob.run(digest, layer.chainId);
      })
      .immediate();
  }

  layer(chainId: string): LayerRecord | undefined {
    return this.#layers("SELECT record FROM layers WHERE chain_id = ?", [chainId])[0];
  }

  layers(): LayerRecord[] {
    return this.#layers("SELECT record FROM layers", []);
  }

  layersByBlob(digest: string): LayerRecord[] {
    const sql =
      "SELECT l.record FROM layers l JOIN layer_blobs b ON b.chain_id = l.chain_id WHERE b.digest = ?";
    return this.#layers(sql, [digest]);
  }

  removeUnusedLayers(candidates: readonly string[]): string[] {
    return this.#db
      .transaction(() => {
        const used = this.#db.query<{ n: number }, [string]>(
          "SELECT count(*) AS n FROM image_layers WHERE chain_id = ?",
        );
        const unused = candidates.filter((chainId) => used.get(chainId)?.n === 0);
        const drop = this.#db.query("DELETE FROM layers WHERE chain_id = ?");
        for (const chainId of unused) drop.run(chainId);
        return unused;
      })
      .immediate();
  }

  #write(record: ImageRecord): void {
    const { names: _, ...stored } = record;
    this.#db
      .query(
        `INSERT INTO images VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (id) DO UPDATE SET digest = ?2, stored = ?3, record = ?4`,
      )
      .run(record.id, record.digest, record.stored, JSON.stringify(stored));
  }

  /** As in containers/storage, which lists names newest first, their history oldest first, before those of the past. */
  #rememberNames(id: string): void {
    const record = this.get(id);
    if (record === undefined) return;
    this.#write({ ...record, namesHistory: withFirst(record.namesHistory, record.names.toReversed()) });
  }

  #moveName(id: string, name: string): void {
    const next = this.#db
      .query<{ position: number }, []>("SELECT coalesce(max(position), 0) + 1 AS position FROM image_names")
      .get();
    this.#db
      .query(
        `INSERT INTO image_names VALUES (?1, ?2, ?3)
         ON CONFLICT (name) DO UPDATE SET image_id = ?2, position = ?3`,
      )
      .run(name, id, next?.position ?? 1);
  }

  #many(sql: string, values: string[]): ImageRecord[] {
    const rows = this.#db.query<{ id: string; record: string }, string[]>(sql).all(...values);
    const names = this.#db.query<{ name: string }, [string]>(
      "SELECT name FROM image_names WHERE image_id = ? ORDER BY position DESC",
    );
    return rows.map((row) => ({
      ...(JSON.parse(row.record) as StoredImage),
      names: names.all(row.id).map((n) => n.name),
    }));
  }

  #layers(sql: string, values: string[]): LayerRecord[] {
    return this.#db
      .query<{ record: string }, string[]>(sql)
      .all(...values)
      .map((row) => JSON.parse(row.record) as LayerRecord);
  }
}

function mergeImages(present: ImageRecord, added: ImageRecord): ImageRecord {
  return {
    ...present,
    digest: added.digest,
    manifestType: added.manifestType,
    annotations: added.annotations,
    repoDigests: [...new Set([...present.repoDigests, ...added.repoDigests])],
  };
}

function mergeBlobs(present: LayerRecord["blobs"], added: LayerRecord["blobs"]): LayerRecord["blobs"] {
  const all = [...(present ?? []), ...(added ?? [])];
  return all.filter(({ digest }, index) => all.findIndex((other) => other.digest === digest) === index);
}

function withFirst(history: readonly string[], names: readonly string[]): string[] {
  return [...new Set([...names, ...history])];
}

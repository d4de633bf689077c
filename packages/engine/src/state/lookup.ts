/** How a name, an id or the beginning of an id leads to one row. */
import type { Database } from "bun:sqlite";

const HEX = /^[0-9a-f]{1,64}$/;

/** Exact name first, then the exact id, then ids that begin so: what Podman does. At most two rows are read. */
export function findRows<T>(db: Database, table: "containers" | "pods", nameOrId: string): T[] {
  const exact = db
    .query<T, [string, string]>(
      `SELECT * FROM ${table} WHERE name = ?1 UNION ALL SELECT * FROM ${table} WHERE id = ?2 AND name <> ?2`,
    )
    .all(nameOrId, nameOrId);
  const first = exact[0];
  if (first !== undefined) return [first];
  if (!HEX.test(nameOrId)) return [];
  return db
    .query<T, [string, string]>(`SELECT * FROM ${table} WHERE id >= ? AND id < ? LIMIT 2`)
    .all(nameOrId, `${nameOrId}g`);
}

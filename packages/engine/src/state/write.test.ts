import { Database } from "bun:sqlite";
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { write } from "./write.ts";

let directory: string;
let db: Database;

beforeEach(() => {
  directory = mkdtempSync(`${tmpdir()}/write-`);
  db = new Database(`${directory}/db`);
  db.run("PRAGMA journal_mode = WAL");
  db.run("CREATE TABLE t (n INTEGER)");
});

afterEach(() => {
  db.close();
  rmSync(directory, { recursive: true });
});

const count = (): number => db.query<{ n: number }, []>("SELECT count(*) AS n FROM t").get()?.n ?? 0;
const insert = (): void => void db.run("INSERT INTO t VALUES (1)");

test("what fails is undone, as a whole or, within another, alone", () => {
  const failing = (): never => {
    insert();
    throw new Error("no");
  };
  expect(() => write(db, failing)).toThrow("no");
  expect(count()).toBe(0);
  write(db, () => {
    insert();
    expect(() => write(db, failing)).toThrow("no");
  });
  expect(count()).toBe(1);
  expect(db.inTransaction).toBe(false);
});

test("it waits for another writer, a moment longer than that one needs", async () => {
  const script = `
    import { Database } from "bun:sqlite";
    const db = new Database(process.argv[1]);
    db.run("BEGIN IMMEDIATE");
    console.log("writes");
    Bun.sleepSync(150);
    db.run("COMMIT");`;
  const other = Bun.spawn([process.execPath, "-e", script, `${directory}/db`], { stdout: "pipe" });
  await other.stdout.getReader().read();
  const start = performance.now();
  write(db, insert);
  expect(performance.now() - start).toBeGreaterThan(20);
  expect(count()).toBe(1);
  await other.exited;
});

test("eight processes that write at once lose nothing", async () => {
  const script = `
    import { Database } from "bun:sqlite";
    import { write } from ${JSON.stringify(`${import.meta.dir}/write.ts`)};
    const db = new Database(process.argv[1]);
    for (let i = 0; i < 50; i++) write(db, () => db.run("INSERT INTO t SELECT count(*) FROM t"));`;
  const writers = Array.from({ length: 8 }, () =>
    Bun.spawn([process.execPath, "-e", script, `${directory}/db`], { stderr: "inherit" }),
  );
  expect(await Promise.all(writers.map((writer) => writer.exited))).toEqual(Array<number>(8).fill(0));
  const distinct = db.query<{ n: number }, []>("SELECT count(DISTINCT n) AS n FROM t").get()?.n;
  expect(distinct).toBe(400);
});

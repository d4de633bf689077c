import { afterEach, beforeEach, expect, test } from "bun:test";
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import type { EngineEvent, NewEvent } from "@podwright/spec/engine-api/events";
import fc from "fast-check";
import { createLog } from "../../base/log.ts";
import { FileEventLog } from "./file-event-log.ts";
import { FileEventReader } from "./file-event-reader.ts";
import { LogTail } from "./log-tail.ts";
import { readEventLine } from "./read-line.ts";

let directory = "";
let path = "";
const warnings: string[] = [];

beforeEach(() => {
  directory = mkdtempSync(`${tmpdir()}/podwright-events-`);
  path = `${directory}/events/events.log`;
  warnings.length = 0;
});

afterEach(() => rmSync(directory, { recursive: true }));

function openLog(maxSize = 0, prepare: () => boolean = () => false): FileEventLog {
  return new FileEventLog(
    () => ({ path, maxSize }),
    prepare,
    createLog("warn", (line) => warnings.push(line)),
  );
}

function event(name: string): NewEvent {
  return { type: "volume", status: "create", id: "", name, attributes: {} };
}

async function read(): Promise<EngineEvent[]> {
  return Array.fromAsync(new FileEventReader(path).read({ fromStart: true, follow: false }));
}

const isOwn = ({ status }: { readonly status: string }): boolean => status !== "log-rotation";

test("write() makes the directory, and says so first where it is the first of a boot", async () => {
  expect(await read()).toEqual([]);
  openLog(0, () => true).write(event("one"));
  expect((await read()).map(({ status }) => status)).toEqual(["refresh", "create"]);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test("write() never throws: what cannot be written is a warning", () => {
  writeFileSync(`${directory}/events`, "in the way");
  openLog().write(event("one"));
  expect(warnings.join()).toContain("cannot write event volume create");
});

test("none keeps none", () => {
  new FileEventLog(
    () => undefined,
    () => false,
    createLog("warn", () => {}),
  ).write(event("one"));
  expect(existsSync(path)).toBe(false);
});

test("a line that a killed writer has torn takes no other with it", async () => {
  const log = openLog();
  log.write(event("one"));
  appendFileSync(path, '{"Name":"torn');
  log.write(event("two"));
  appendFileSync(path, "something else\n");
  log.write(event("three"));
  expect((await read()).map(({ name }) => name)).toEqual(["one", "two", "three"]);
});

test("rotation keeps the newer half between two marks, as Podman's", () => {
  const log = openLog(4000);
  for (let i = 0; i < 100; i++) log.write(event(`volume-${i}`));
  const lines = readFileSync(path, "utf8")
    .trim()
    .split("\n")
    .flatMap((line) => readEventLine(line) ?? []);
  expect(lines[0]).toMatchObject({
    status: "log-rotation",
    name: path,
    attributes: { "io.podman.event.rotate": "begin" },
  });
  const names = lines.filter(isOwn).map(({ name }) => name);
  expect(names.at(-1)).toBe("volume-99");
  expect(names).toEqual(Array.from({ length: names.length }, (_, i) => `volume-${100 - names.length + i}`));
  expect(statSync(path).size).toBeLessThan(4300);
});

test("a limit below the length of a line loses no new event", async () => {
  const log = openLog(10);
  for (const name of ["one", "two", "three"]) log.write(event(name));
  expect((await read()).filter(isOwn).at(-1)?.name).toBe("three");
});

test("a tail gives each line once, however it is read between writes and rotations", () => {
  const steps = fc.array(fc.constantFrom("write", "read"), { maxLength: 120 });
  fc.assert(
    fc.property(steps, fc.integer({ min: 1500, max: 4000 }), (todo, maxSize) => {
      rmSync(path, { force: true });
      const log = openLog(maxSize);
      using tail = new LogTail(path);
      const seen: string[] = [];
      let written = 0;
      let unread = 0;
      const look = (): void => {
        for (const line of tail.lines()) {
          const found = readEventLine(line);
          if (found !== undefined && isOwn(found)) seen.push(found.name);
        }
        unread = 0;
      };
      for (const step of todo) {
        // A reader that is asleep through two rotations has missed what the first of them let go.
        if (step === "read" || unread === 4) look();
        if (step === "write") log.write(event(String(written++)));
        if (step === "write") unread++;
      }
      look();
      expect(seen).toEqual(Array.from({ length: written }, (_, i) => String(i)));
    }),
    { numRuns: 60 },
  );
});

test("follow gives what comes, and ends with the signal", async () => {
  const log = openLog();
  log.write(event("before"));
  const stop = new AbortController();
  const seen: string[] = [];
  const following = (async () => {
    for await (const { name } of new FileEventReader(path).read(
      { fromStart: false, follow: true },
      stop.signal,
    )) {
      seen.push(name);
      if (seen.length === 2) stop.abort();
    }
  })();
  await Bun.sleep(20);
  log.write(event("one"));
  await Bun.sleep(20);
  log.write(event("two"));
  await following;
  expect(seen).toEqual(["one", "two"]);
});

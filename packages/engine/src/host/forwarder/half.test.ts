import { expect, test } from "bun:test";
import fc from "fast-check";
import { E } from "../sys/forward-calls.ts";
import { Half, type HalfCalls, type Pipe, type Progress } from "./half.ts";

const FROM = 10;
const TO = 11;
const PIPE: Pipe = { read: 20, write: 21 };

/** What happens outside, between the half's turns. */
type Happening =
  | { readonly kind: "bytes"; readonly count: number }
  | { readonly kind: "room"; readonly count: number }
  | { readonly kind: "end" };

/** Two sockets and one pipe that hold so and so many bytes; the descriptors are told apart. */
class World implements HalfCalls {
  waiting = 0;
  room = 0;
  inPipe = 0;
  delivered = 0;
  ended = false;
  pipes = 0;
  endings = 0;
  readonly #pipeSize: number;

  constructor(pipeSize: number) {
    this.#pipeSize = pipeSize;
  }

  splice(from: number, to: number, length: number): number {
    if (from === FROM) {
      expect([to, this.pipes]).toEqual([PIPE.write, 1]);
      if (this.waiting === 0) return this.ended ? 0 : -E.AGAIN;
      const moved = Math.min(length, this.waiting, this.#pipeSize - this.inPipe);
      if (moved === 0) return -E.AGAIN;
      this.waiting -= moved;
      this.inPipe += moved;
      return moved;
    }
    expect([from, to]).toEqual([PIPE.read, TO]);
    const moved = Math.min(length, this.inPipe, this.room);
    if (moved === 0) return -E.AGAIN;
    this.inPipe -= moved;
    this.room -= moved;
    this.delivered += moved;
    return moved;
  }

  endWriting(fd: number): number {
    expect(fd).toBe(TO);
    this.endings += 1;
    return 0;
  }

  takePipe(): Pipe | undefined {
    this.pipes += 1;
    return PIPE;
  }

  givePipe(): void {
    expect(this.inPipe).toBe(0);
    this.pipes -= 1;
  }

  closePipe(): void {
    this.inPipe = 0;
    this.pipes -= 1;
  }
}

const happening = fc.oneof(
  fc.record({ kind: fc.constant("bytes" as const), count: fc.integer({ min: 1, max: 3_000 }) }),
  fc.record({ kind: fc.constant("room" as const), count: fc.integer({ min: 1, max: 3_000 }) }),
  fc.constant({ kind: "end" as const }),
);

/** As edges are told: only when something has changed. */
function happen(world: World, half: Half, what: Happening): number {
  switch (what.kind) {
    case "bytes":
      if (world.ended) return 0;
      world.waiting += what.count;
      half.readable = true;
      return what.count;
    case "room":
      world.room += what.count;
      half.writable = true;
      return 0;
    case "end":
      world.ended = true;
      half.readable = true;
      return 0;
  }
}

function settle(half: Half): Progress {
  for (;;) {
    const progress = half.pump();
    if (progress !== "ready") return progress;
  }
}

test("every byte arrives once, the end after the last of them, and nothing is held that is not needed", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2_000 }), fc.array(happening), (size, happenings) => {
      const world = new World(size);
      const half = new Half(world, FROM, TO);
      let sent = 0;
      for (const what of happenings) {
        sent += happen(world, half, what);
        expect(settle(half)).not.toBe("failed");
        expect(world.delivered + world.inPipe + world.waiting).toBe(sent);
        // Bytes lie still for want of room alone, and a pipe is kept for bytes alone.
        if (world.room > 0) expect(world.inPipe + world.waiting).toBe(0);
        expect(world.pipes).toBe(world.inPipe > 0 ? 1 : 0);
        expect(world.endings).toBe(
          world.ended && world.delivered === sent && world.room > 0 ? 1 : world.endings,
        );
      }
      happen(world, half, { kind: "end" });
      happen(world, half, { kind: "room", count: sent + 1 });
      expect(settle(half)).toBe("done");
      expect([world.delivered, world.endings, world.pipes]).toEqual([sent, 1, 0]);
    }),
  );
});

test("a peer that is gone is a failure, and cutting leaves no pipe", () => {
  const world = new World(100);
  const half = new Half(world, FROM, TO);
  happen(world, half, { kind: "bytes", count: 300 });
  happen(world, half, { kind: "room", count: 50 });
  expect(settle(half)).toBe("waits");
  expect(world.pipes).toBe(1);
  world.splice = () => -E.PIPE;
  half.writable = true;
  expect(settle(half)).toBe("failed");
  half.cut();
  expect(world.pipes).toBe(0);
  expect(half.pump()).toBe("done");
});

test("without descriptors for a pipe the connection fails", () => {
  const world = new World(100);
  world.takePipe = () => undefined;
  const half = new Half(world, FROM, TO);
  happen(world, half, { kind: "bytes", count: 1 });
  happen(world, half, { kind: "room", count: 1 });
  expect(half.pump()).toBe("failed");
});

test("one that never stops gives others their turn", () => {
  const world = new World(10);
  const half = new Half(world, FROM, TO);
  happen(world, half, { kind: "bytes", count: 10_000 });
  happen(world, half, { kind: "room", count: 10_000 });
  expect(half.pump()).toBe("ready");
  expect(world.delivered).toBeLessThan(10_000);
  expect(settle(half)).toBe("waits");
  expect(world.delivered).toBe(10_000);
});

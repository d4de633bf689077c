import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { setIntOption, SOL } from "../sys/socket.ts";
import { BoundPorts } from "./bound-ports.ts";
import { isQueue } from "./port-bag.ts";

const SO_PEEK_OFF = 42;

const ports = new BoundPorts();
const BASE = 23_000;
const endpoint = (port: number) => ({ address: "127.0.0.1", port, protocol: "tcp" }) as const;

function bound(port: number) {
  const socket = ports.bind(endpoint(port));
  if (socket === undefined) throw new Error("no TCP");
  return socket;
}

function isFree(port: number): boolean {
  try {
    using _held = bound(port);
    return true;
  } catch {
    return false;
  }
}

/** Of the whole process: other tests of it close some meanwhile. */
function openDescriptors(): number {
  return readdirSync("/proc/self/fd").length;
}

describe("SocketBag", () => {
  test("what is in it is bound; what is taken out is free; nothing stays open beside the pair", () => {
    const before = openDescriptors();
    const bag = ports.openBag();
    for (const first of [0, 300]) {
      const sockets = Array.from({ length: 300 }, (_, i) => bound(BASE + first + i));
      bag.add(sockets);
      for (const socket of sockets) socket[Symbol.dispose]();
    }
    expect(openDescriptors()).toBeLessThanOrEqual(before + 2);
    expect(bag.contents()).toHaveLength(600);
    expect([isFree(BASE), isFree(BASE + 599)]).toEqual([false, false]);
    bag.keep(({ port }) => port % 2 === 0);
    expect(bag.contents()).toHaveLength(300);
    expect([isFree(BASE), isFree(BASE + 1), isFree(BASE + 598), isFree(BASE + 599)]).toEqual([
      false,
      true,
      false,
      true,
    ]);
    bag.keep(() => false);
    expect(bag.contents()).toEqual([]);
    expect(isFree(BASE)).toBe(true);
    bag[Symbol.dispose]();
    expect(openDescriptors()).toBeLessThanOrEqual(before);
  });

  test("whoever was killed while looking through it has not hidden it", () => {
    using bag = ports.openBag();
    using socket = bound(BASE);
    bag.add([socket]);
    const [, queue = -1] = bag.descriptors;
    for (const offset of [0, 1, 1_000]) {
      setIntOption(queue, { level: SOL.SOCKET, name: SO_PEEK_OFF }, offset);
      expect(isQueue(queue)).toBe(true);
      expect(isQueue(queue)).toBe(true);
    }
    expect(bag.contents()).toEqual([endpoint(BASE)]);
  });

  test("a socket that lies there twice counts once it was sorted", () => {
    using bag = ports.openBag();
    using socket = bound(BASE);
    bag.add([socket]);
    bag.add([socket]);
    expect(bag.contents()).toEqual([endpoint(BASE), endpoint(BASE)]);
    bag.keep(() => true);
    expect(bag.contents()).toEqual([endpoint(BASE)]);
  });

  test("more messages than a queue takes are packed", () => {
    using bag = ports.openBag();
    for (let i = 0; i < 400; i++) {
      using socket = bound(BASE + i);
      bag.add([socket]);
    }
    expect(bag.contents()).toHaveLength(400);
    expect(isFree(BASE + 399)).toBe(false);
  });

  test("another process that has it open keeps what is put in later, and shows it to others", async () => {
    const bag = ports.openBag();
    const child = Bun.spawn(["sleep", "60"], { stdio: ["ignore", "ignore", "ignore", ...bag.descriptors] });
    while (readFileSync(`/proc/${child.pid}/comm`, "utf8") !== "sleep\n") await Bun.sleep(1);
    bag[Symbol.dispose]();
    const open = () => {
      const found = ports.bagOf(child.pid);
      if (found === undefined || found === "none") throw new Error("no bag");
      return found;
    };
    {
      using found = open();
      using socket = bound(BASE);
      found.add([socket]);
    }
    expect(isFree(BASE)).toBe(false);
    {
      using found = open();
      expect(found.contents()).toEqual([endpoint(BASE)]);
      found.keep(() => false);
    }
    expect(isFree(BASE)).toBe(true);
    child.kill(9);
    await child.exited;
    expect(ports.bagOf(child.pid)).toBe("none");
    expect(ports.bagOf(process.pid)).toBe("none");
  });

  test("any sequence of additions and removals ends with what a set of ports would have", () => {
    const change = fc.record({
      add: fc.uniqueArray(fc.integer({ min: 0, max: 30 }), { maxLength: 8 }),
      remove: fc.uniqueArray(fc.integer({ min: 0, max: 30 }), { maxLength: 8 }),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 8 }), (changes) => {
        using bag = ports.openBag();
        const model = new Set<number>();
        for (const { add, remove } of changes) {
          const sockets = add.filter((port) => !model.has(port)).map((port) => bound(BASE + port));
          bag.add(sockets);
          for (const socket of sockets) socket[Symbol.dispose]();
          for (const port of add) model.add(port);
          for (const port of remove) model.delete(port);
          bag.keep(({ port }) => model.has(port - BASE));
        }
        expect(
          bag
            .contents()
            .map(({ port }) => port - BASE)
            .sort((a, b) => a - b),
        ).toEqual([...model].sort((a, b) => a - b));
        for (const port of [0, 15, 30]) expect(isFree(BASE + port)).toBe(!model.has(port));
      }),
      { numRuns: 40 },
    );
  });
});

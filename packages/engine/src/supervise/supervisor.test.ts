import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { FakeTime, settle } from "../../testing/fake-time.ts";
import { createLog } from "../base/log.ts";
import { type SupervisorEnd, SupervisorLoop, type SupervisorParts } from "./supervisor.ts";
import type { Watch, WatchMaker, World } from "./watch.ts";

const NOTHING: World = { containers: [], pods: [] };

/** Watches by key, as a test sets them. */
class Watches implements WatchMaker {
  readonly current = new Map<string, Watch>();
  asked = 0;

  watches(): ReadonlyMap<string, Watch> {
    this.asked += 1;
    return new Map(this.current);
  }
}

function start(change: Partial<SupervisorParts> = {}) {
  const time = new FakeTime();
  const maker = new Watches();
  const lines: string[] = [];
  const loop = new SupervisorLoop({
    clock: time,
    timers: time,
    log: createLog("warn", (line) => lines.push(line)),
    readWorld: () => NOTHING,
    makers: [maker],
    inPlace: () => true,
    ...change,
  });
  const stop = new AbortController();
  let end: SupervisorEnd | undefined;
  const run = async (): Promise<void> => {
    end = await loop.watch(stop.signal);
  };
  return { time, maker, loop, lines, stop, run, end: () => end };
}

/** Acts at `due`, then every `period`. */
function periodic(time: FakeTime, period: number, acts: number[]): Watch {
  let due = time.now() + period;
  return {
    due: () => due,
    act: async () => {
      acts.push(time.now());
      due = time.now() + period;
    },
  };
}

describe("SupervisorLoop", () => {
  test("ends at once where there is nothing to watch", async () => {
    const { run, end, time } = start();
    await run();
    expect(end()).toBe("idle");
    expect(time.armed).toBe(0);
  });

  test("it goes on giving back memory when the clock was set back", async () => {
    let rests = 0;
    const { maker, time, run } = start({ rest: () => (rests += 1) });
    maker.current.set("a", periodic(time, 10_000, []));
    void run();
    await time.pass(100_000);
    expect(rests).toBeGreaterThan(1);
    time.setClock(-500_000);
    const before = rests;
    await time.pass(100_000);
    expect(rests).toBeGreaterThan(before);
  });

  test("a watch acts each time that it is due", async () => {
    const { maker, time, run } = start();
    const acts: number[] = [];
    const began = time.now();
    maker.current.set("a", periodic(time, 1000, acts));
    void run();
    await time.pass(3500);
    expect(acts.map((at) => at - began)).toEqual([1000, 2000, 3000]);
  });

  test("a wake is answered at once, those right after it by one look", async () => {
    const { maker, loop, time, run } = start();
    maker.current.set("a", { due: () => undefined, act: () => Promise.resolve() });
    void run();
    await time.pass(1000);
    const before = maker.asked;
    loop.wake();
    expect(maker.asked).toBe(before + 1);
    for (let i = 0; i < 100; i++) loop.wake();
    expect(maker.asked).toBe(before + 1);
    await time.pass(1000);
    expect(maker.asked).toBe(before + 2);
  });

  test("never two acts of one watch, also where it was replaced meanwhile", async () => {
    const { maker, loop, time, run } = start();
    let running = 0;
    let most = 0;
    let finish: () => void = () => undefined;
    const watch = (): Watch => ({
      due: () => time.now(),
      act: async () => {
        running += 1;
        most = Math.max(most, running);
        await new Promise<void>((resolve) => (finish = resolve));
        running -= 1;
      },
    });
    maker.current.set("a", watch());
    void run();
    await time.pass(10);
    maker.current.set("a", watch());
    for (let i = 0; i < 5; i++) {
      loop.wake();
      await time.pass(1000);
    }
    expect({ running, most }).toEqual({ running: 1, most: 1 });
    finish();
    await time.pass(1000);
    expect({ running, most }).toEqual({ running: 1, most: 1 });
  });

  test("an act that throws is told, and tried again after waits that grow", async () => {
    const { maker, time, run, lines } = start();
    const began = time.now();
    const acts: number[] = [];
    maker.current.set("a", {
      due: () => began,
      act: () => {
        acts.push((time.now() - began) / 1000);
        return Promise.reject(new Error("no luck"));
      },
    });
    void run();
    await time.pass(200_000);
    expect(acts).toEqual([0, 1, 3, 7, 15, 31, 63, 123, 183]);
    expect(lines[0]).toContain("a: no luck");
  });

  test("a watch that is always due does not take a processor for itself", async () => {
    const { maker, time, run } = start();
    let acts = 0;
    maker.current.set("a", { due: () => 0, act: async () => void (acts += 1) });
    void run();
    await time.pass(1000);
    expect(acts).toBeLessThanOrEqual(11);
  });

  test("a maker that throws keeps what it watched, and the others", async () => {
    const time = new FakeTime();
    const acts: number[] = [];
    const watch = periodic(time, 1000, acts);
    let fails = false;
    const shaky: WatchMaker = {
      watches: () => {
        if (fails) throw new Error("confused");
        return new Map([["a", watch]]);
      },
    };
    const { run, loop } = start({ clock: time, timers: time, makers: [shaky] });
    void run();
    fails = true;
    loop.wake();
    await time.pass(2500);
    expect(acts).toHaveLength(2);
  });

  test("a state that cannot be read is read again later", async () => {
    const time = new FakeTime();
    let reads = 0;
    const { run, maker, end } = start({
      clock: time,
      timers: time,
      readWorld: () => {
        reads += 1;
        if (reads < 3) throw new Error("busy");
        return NOTHING;
      },
    });
    void run();
    await time.pass(5000);
    expect({ reads, asked: maker.asked, end: end() }).toEqual({ reads: 3, asked: 1, end: "idle" });
  });

  test("told to end, it tells its acts, waits for them, and begins none", async () => {
    const { maker, time, run, stop, end } = start();
    let aborted = false;
    maker.current.set("a", {
      due: () => time.now(),
      act: (signal) =>
        new Promise((resolve) => {
          signal.addEventListener("abort", () => {
            aborted = true;
            time.after(500, resolve);
          });
        }),
    });
    void run();
    await time.pass(10);
    stop.abort();
    await settle();
    expect({ aborted, end: end() }).toEqual({ aborted: true, end: undefined });
    await time.pass(600);
    expect(end()).toBe("ended");
    expect(time.armed).toBe(0);
  });

  test("an act that does not heed its signal keeps it for a while only", async () => {
    const { maker, time, run, stop, end } = start();
    maker.current.set("a", { due: () => 0, act: () => new Promise(() => undefined) });
    void run();
    await time.pass(10);
    stop.abort();
    await time.pass(10_000);
    expect(end()).toBe("ended");
  });

  test("ends where its place is gone", async () => {
    const time = new FakeTime();
    let there = true;
    const { run, maker, loop, end } = start({ clock: time, timers: time, inPlace: () => there });
    maker.current.set("a", { due: () => undefined, act: () => Promise.resolve() });
    void run();
    await time.pass(1000);
    there = false;
    loop.wake();
    await time.pass(100);
    expect(end()).toBe("lost");
  });

  test("asks for processes that ended unheard after a while without an event", async () => {
    const time = new FakeTime();
    const fresh: boolean[] = [];
    const { run, maker } = start({
      clock: time,
      timers: time,
      readWorld: (asked) => {
        fresh.push(asked);
        return NOTHING;
      },
    });
    maker.current.set("a", { due: () => undefined, act: () => Promise.resolve() });
    void run();
    await time.pass(65_000);
    expect(fresh).toEqual([true, true, true]);
  });

  test("after the clock went back it asks for new watches", async () => {
    const time = new FakeTime(100_000_000);
    const acts: number[] = [];
    const fresh: WatchMaker = {
      watches: (_world, previous) => new Map([["a", previous.get("a") ?? periodic(time, 1000, acts)]]),
    };
    const { run } = start({ clock: time, timers: time, makers: [fresh] });
    void run();
    await time.pass(1500);
    expect(acts).toHaveLength(1);
    time.setClock(-3_600_000);
    await time.pass(40_000);
    expect(acts.length).toBeGreaterThan(5);
  });

  test("whatever happens: no act of a watch beside another of it, and none after the end", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            kind: fc.constantFrom("add", "drop", "wake", "pass", "fail"),
            key: fc.integer({ min: 0, max: 3 }),
            ms: fc.integer({ min: 0, max: 40_000 }),
          }),
          { maxLength: 40 },
        ),
        async (steps) => {
          const { maker, loop, time, run, stop, end } = start();
          const running = new Map<string, number>();
          let over = false;
          let failing = false;
          let wrong = "";
          const watch = (key: string, length: number): Watch => {
            let due = time.now() + length;
            return {
              due: () => due,
              act: async () => {
                if (over) wrong = "acts after the end";
                if ((running.get(key) ?? 0) > 0) wrong = "two at once";
                if (time.now() < due) wrong = "too early";
                running.set(key, 1);
                await new Promise<void>((resolve) => void time.after(length % 700, resolve));
                running.set(key, 0);
                due = time.now() + length;
                if (failing) throw new Error("fails");
              },
            };
          };
          maker.current.set("keep", watch("keep", 30_000));
          void run();
          for (const { kind, key, ms } of steps) {
            if (kind === "add") maker.current.set(`${key}`, watch(`${key}`, ms + 1));
            if (kind === "drop") maker.current.delete(`${key}`);
            if (kind === "fail") failing = !failing;
            if (kind === "wake") loop.wake();
            if (kind === "pass") await time.pass(ms);
            expect(wrong).toBe("");
          }
          stop.abort();
          await time.pass(1000);
          over = true;
          await time.pass(100_000);
          expect(wrong).toBe("");
          expect(end()).toBe("ended");
          expect(time.armed).toBe(0);
        },
      ),
      { numRuns: 150 },
    );
  });
});

import { logLines } from "@podwright/spec/values/log-batch";
import { expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { openTestEngine, type TestEngine } from "../../testing/container-engine.ts";
import { expectPortHeldByMonitorAlone } from "../../testing/held-ports-case.ts";
import { inOwnNamespaces, sh, temporaryDirectory } from "../../testing/kernel.ts";
import { waitFor, waitForHandler } from "../../testing/waiting.ts";

const REMOVE = { force: false, ignore: false, volumes: true, depend: false };
const FORCE = { ...REMOVE, force: true };

inOwnNamespaces(import.meta.path, () => {
  const one = (id: string) => ({ names: [id], all: false });

  async function failureOf(work: Promise<readonly { readonly error?: Error }[]>): Promise<Error | undefined> {
    const [outcome] = await work;
    return outcome?.error;
  }

  async function attached(engine: TestEngine, id: string) {
    const out: Uint8Array[] = [];
    const err: Uint8Array[] = [];
    const result = await engine.containers.startAttached(id, {
      stdout: (chunk) => void out.push(chunk),
      stderr: (chunk) => void err.push(chunk),
      detachKeys: [],
    });
    return { ...result, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() };
  }

  /** Everything that the engine could have left on the host. */
  function leftovers(engine: TestEngine, base: string): string[] {
    const { runRoot, root, cgroup } = engine.ctx.settings;
    const list = (path: string): string[] =>
      existsSync(path) ? readdirSync(path).map((n) => `${path}/${n}`) : [];
    return [
      ...["containers", "sandboxes", "exits", "locks", "runtime/runc"].flatMap((name) =>
        list(`${runRoot}/${name}`),
      ),
      ...list(`${root}/containers`),
      ...sh(`findmnt -rno TARGET | grep ^${base}/ || true`).split("\n").filter(Boolean),
      ...engine.ctx.cgroups.processes(cgroup).map((pid) => `process ${pid}`),
      ...sh(`ls -d /sys/fs/cgroup/*${cgroup} 2>/dev/null || true`).split("\n").filter(Boolean),
      ...sh(`ps axo args | grep '^[^ ]*conmon .*${base}' || true`).split("\n").filter(Boolean),
    ];
  }

  async function settle(engine: TestEngine, base: string): Promise<string[]> {
    let left = leftovers(engine, base);
    for (let i = 0; i < 400 && left.length > 0; i += 1) {
      await Bun.sleep(25);
      left = leftovers(engine, base);
    }
    return left;
  }

  test("a foreground run gives output, both streams apart, the exit code, and leaves nothing after rm", async () => {
    using dir = temporaryDirectory();
    const engine = openTestEngine(dir.path);
    const id = engine.add(["sh", "-c", "echo out; echo err >&2; exit 7"]);
    expect(await attached(engine, id)).toEqual({ detached: false, exitCode: 7, out: "out\n", err: "err\n" });
    expect(engine.ctx.store.containers.get(id)?.state.exit?.exitCode).toBe(7);
    expect(readFileSync(`${engine.ctx.settings.root}/containers/${id}/ctr.log`, "utf8")).toContain(
      "stdout F out",
    );
    expect(await failureOf(engine.containers.remove(one(id), REMOVE))).toBeUndefined();
    expect(await settle(engine, dir.path)).toEqual([]);
  });

  test("a detached run is cleaned up by the exit command, without anybody asking", async () => {
    using dir = temporaryDirectory();
    const engine = openTestEngine(dir.path);
    const id = engine.add(["sh", "-c", "sleep 0.2; exit 3"]);
    expect(await failureOf(engine.containers.start(one(id)))).toBeUndefined();
    expect(engine.ctx.mounts.isMounted(`${engine.ctx.settings.runRoot}/containers/${id}/rootfs`)).toBe(true);
    await waitFor("it to come true", () => engine.ctx.store.containers.get(id)?.state.exit?.exitCode === 3);
    await waitFor("it to come true", () => !existsSync(`${engine.ctx.settings.runRoot}/containers/${id}`));
    expect(await failureOf(engine.containers.remove(one(id), REMOVE))).toBeUndefined();
    expect(await settle(engine, dir.path)).toEqual([]);
  });

  test("--rm of a detached container removes it and its writable layer", async () => {
    using dir = temporaryDirectory();
    const engine = openTestEngine(dir.path);
    const id = engine.add(["sh", "-c", "echo x >/tmp/file; sleep 0.1"], { autoRemove: true });
    await engine.containers.start(one(id));
    expect(
      await engine.containers.wait([id], { conditions: [], ignore: false, exitFirstMatch: false }),
    ).toEqual([{ id, exitCode: 0 }]);
    await waitFor("it to come true", () => engine.ctx.store.containers.get(id) === undefined);
    expect(await settle(engine, dir.path)).toEqual([]);
  });

  test("a mount namespace that was copied meanwhile keeps nothing of a run that is over", async () => {
    using dir = temporaryDirectory();
    const engine = openTestEngine(dir.path);
    const id = engine.add(["sleep", "100"]);
    await engine.containers.start(one(id));
    const copy = Bun.spawn(["unshare", "-m", "--propagation", "private", "sleep", "60"]);
    const mountsOf = () => readFileSync(`/proc/${copy.pid}/mountinfo`, "utf8").split("\n");
    const ofTheRun = () => mountsOf().filter((line) => line.includes(id));
    await waitFor("it to come true", () => readFileSync(`/proc/${copy.pid}/comm`, "utf8") === "sleep\n");
    expect(ofTheRun().length).toBeGreaterThan(0);
    await engine.containers.stop(one(id), { timeout: 0, ignore: false });
    expect(ofTheRun()).toEqual([]);
    copy.kill(9);
    await copy.exited;
    await engine.containers.remove(one(id), REMOVE);
    expect(await settle(engine, dir.path)).toEqual([]);
  });

  test("a published port is held by the monitor alone, and free once the container has ended", async () => {
    using dir = temporaryDirectory();
    sh("ip link set lo up");
    const engine = await expectPortHeldByMonitorAlone(dir.path, "runc");
    await engine.containers.remove({ names: [], all: true }, REMOVE);
    expect(await settle(engine, dir.path)).toEqual([]);
  });

  test("stop sends the stop signal, and SIGKILL after the timeout; several go side by side", async () => {
    using dir = temporaryDirectory();
    const engine = openTestEngine(dir.path);
    const deaf = [1, 2, 3].map(() => engine.add(["sh", "-c", "trap '' TERM; while :; do sleep 1; done"]));
    const polite = engine.add(["sh", "-c", "trap 'exit 9' TERM; while :; do sleep 0.05; done"]);
    await engine.containers.start({ names: [...deaf, polite], all: false });
    await waitForHandler(engine.ctx.store.containers.get(polite)?.state.run?.pid?.pid ?? 0, "SIGTERM");
    const begun = performance.now();
    const outcomes = await engine.containers.stop(
      { names: [...deaf, polite], all: false },
      { timeout: 2, ignore: false },
    );
    const took = performance.now() - begun;
    expect(outcomes.map(({ error }) => error)).toEqual([undefined, undefined, undefined, undefined]);
    expect(took).toBeGreaterThan(1950);
    expect(took).toBeLessThan(5000);
    const exit = (id: string) => engine.ctx.store.containers.get(id)?.state.exit?.exitCode;
    expect([...deaf.map(exit), exit(polite)]).toEqual([137, 137, 137, 9]);
    await engine.containers.remove({ names: [...deaf, polite], all: false }, REMOVE);
    expect(await settle(engine, dir.path)).toEqual([]);
  });

  test("rm refuses a running container, rm --force stops it", async () => {
    using dir = temporaryDirectory();
    const engine = openTestEngine(dir.path);
    const id = engine.add(["sleep", "100"]);
    await engine.containers.start(one(id));
    const refused = await failureOf(engine.containers.remove(one(id), REMOVE));
    expect(refused?.message).toBe(
      `cannot remove container ${id} as it is running - running or paused containers cannot be removed ` +
        "without force: container state improper",
    );
    expect(await failureOf(engine.containers.remove(one(id), { ...FORCE, timeout: 0 }))).toBeUndefined();
    expect(await settle(engine, dir.path)).toEqual([]);
  });

  test("a command that is missing is 127, one that cannot run is 126; nothing is left of the start", async () => {
    using dir = temporaryDirectory();
    const engine = openTestEngine(dir.path);
    const cases = [
      ["/bin/nowhere", "CONTAINER_COMMAND_NOT_FOUND", 127],
      ["nowhere", "CONTAINER_COMMAND_NOT_FOUND", 127],
      ["/etc/not-a-program", "CONTAINER_COMMAND_NOT_EXECUTABLE", 126],
      ["/etc", "CONTAINER_COMMAND_NOT_EXECUTABLE", 126],
    ] as const;
    for (const [command, code, exitCode] of cases) {
      const id = engine.add([command]);
      const failure = await failureOf(engine.containers.start(one(id)));
      expect(failure).toMatchObject({ code, exitCode });
      expect(engine.ctx.store.containers.get(id)?.state.error).toBe(failure?.message);
      expect(engine.ctx.store.containers.get(id)?.state.run).toBeUndefined();
      await engine.containers.remove(one(id), REMOVE);
    }
    expect(await settle(engine, dir.path)).toEqual([]);
  });

  test("a start that fails while its monitor waits leaves neither it nor anything else", async () => {
    using dir = temporaryDirectory();
    const engine = openTestEngine(dir.path);
    const id = engine.add(["true"]);
    engine.ctx.mounts.overlay = () => {
      expect(sh(`ps axo args | grep -c '^[^ ]*conmon .*${dir.path}'`).trim()).toBe("1");
      throw new Error("no overlay");
    };
    const error = await failureOf(engine.containers.start(one(id)));
    expect(error?.message).toBe("no overlay");
    await engine.containers.remove(one(id), REMOVE);
    expect(await settle(engine, dir.path)).toEqual([]);
  });

  test("input reaches the container and its end is seen", async () => {
    using dir = temporaryDirectory();
    const engine = openTestEngine(dir.path);
    const id = engine.add(["cat"]);
    const record = engine.ctx.store.containers.get(id);
    if (record === undefined) throw new Error("no record");
    const withInput = engine.add(["cat"], { process: { ...record.config.process, openStdin: true } });
    const out: Uint8Array[] = [];
    const big = Buffer.alloc(300_000, "abcdefghi\n");
    const result = await engine.containers.startAttached(withInput, {
      stdin: (async function* input() {
        yield big;
      })(),
      stdout: (chunk) => void out.push(chunk),
      stderr: () => {},
      detachKeys: [],
    });
    expect(result.exitCode).toBe(0);
    expect(Buffer.concat(out).equals(big)).toBe(true);
    await engine.containers.remove({ names: [id, withInput], all: false }, REMOVE);
    expect(await settle(engine, dir.path)).toEqual([]);
  });

  test("the detach keys leave the container running; attach joins it again", async () => {
    using dir = temporaryDirectory();
    const engine = openTestEngine(dir.path);
    const base = engine.ctx.store.containers.get(engine.add(["true"]))?.config.process;
    if (base === undefined) throw new Error("no record");
    const id = engine.add(["sh", "-c", "read line; echo got $line; read line; exit 5"], {
      // Without a terminal conmon ends the input with its first client, as Podman's does.
      process: { ...base, openStdin: true, tty: true },
    });
    const out: Uint8Array[] = [];
    const typed = async function* typed(...chunks: string[]) {
      for (const chunk of chunks) {
        yield Buffer.from(chunk);
        await Bun.sleep(50);
      }
      await new Promise(() => {});
    };
    const streams = { stdout: (c: Uint8Array) => void out.push(c), stderr: () => {}, detachKeys: [16, 17] };
    const first = await engine.containers.startAttached(id, {
      ...streams,
      stdin: typed("\x10x", "\x10", "\x11"),
    });
    expect(first.detached).toBe(true);
    const second = await engine.containers.attach(id, { ...streams, stdin: typed("\r", "bye\r") });
    expect(second).toEqual({ detached: false, exitCode: 5 });
    expect(Buffer.concat(out).toString()).toContain("got \x10x\r\n");
    await engine.containers.remove({ names: [], all: true }, FORCE);
    expect(await settle(engine, dir.path)).toEqual([]);
  });

  test("kill -9 of conmon: the container lives on, stop says what is lost, wait does not hang", async () => {
    using dir = temporaryDirectory();
    const engine = openTestEngine(dir.path);
    const ids = [engine.add(["sleep", "100"]), engine.add(["sleep", "2"])] as const;
    await engine.containers.start({ names: ids, all: false });
    for (const id of ids) {
      const run = engine.ctx.store.containers.get(id)?.state.run;
      if (run?.monitor === undefined || run.pid === undefined) throw new Error("no run");
      process.kill(run.monitor.pid, "SIGKILL");
      await waitFor(
        "it to come true",
        () => run.monitor !== undefined && !engine.ctx.processes.isAlive(run.monitor),
      );
      expect(engine.ctx.processes.isAlive(run.pid)).toBe(true);
    }
    const waited = await engine.containers.wait([ids[1]], {
      conditions: [],
      ignore: false,
      exitFirstMatch: false,
    });
    expect(waited).toEqual([{ id: ids[1], exitCode: -1 }]);
    const failure = await failureOf(engine.containers.stop(one(ids[0]), { timeout: 0, ignore: false }));
    expect(failure?.message).toBe(
      `container ${ids[0]} conmon exited prematurely, exit code could not be retrieved: internal libpod error`,
    );
    await engine.containers.remove({ names: [], all: true }, FORCE);
    expect(await settle(engine, dir.path)).toEqual([]);
  });

  test("kill -9 of the engine at any moment of a start leaves nothing that rm --force does not remove", async () => {
    using dir = temporaryDirectory();
    const engine = openTestEngine(dir.path);
    for (let delay = 20; delay < 200; delay += 12) {
      const id = engine.add(["sleep", "100"]);
      const child = Bun.spawn([...engine.ctx.settings.self, "start", id], { stderr: "ignore" });
      await Bun.sleep(delay);
      child.kill(9);
      await child.exited;
      expect(await failureOf(engine.containers.remove(one(id), { ...FORCE, timeout: 0 }))).toBeUndefined();
    }
    expect(await settle(engine, dir.path)).toEqual([]);
  });

  test("a runtime that is still creating when its engine is killed is ended, not outrun, by the removal", async () => {
    using dir = temporaryDirectory();
    // On a busy machine its first directory may be as late as this.
    const slow = `#!/bin/sh
      case " $* " in *" create "*) ;; *) exec runc "$@" ;; esac
      for word; do [ "$last" != --root ] || root=$word; last=$word; done
      (echo >>${dir.path}/creating; sleep 0.5; mkdir -p "$root/$last") & wait`;
    writeFileSync(`${dir.path}/runc`, slow, { mode: 0o755 });
    const engine = openTestEngine(dir.path, { runtime: `${dir.path}/runc` });
    const id = engine.add(["sleep", "100"]);
    const child = Bun.spawn([...engine.ctx.settings.self, "start", id], { stderr: "ignore" });
    await waitFor("the runtime", () => existsSync(`${dir.path}/creating`));
    child.kill(9);
    await child.exited;
    expect(await failureOf(engine.containers.remove(one(id), { ...FORCE, timeout: 0 }))).toBeUndefined();
    await Bun.sleep(1000);
    expect(await settle(engine, dir.path)).toEqual([]);
  });

  test("kill -9 of a foreground engine: the container runs on and is cleaned up at its end all the same", async () => {
    using dir = temporaryDirectory();
    const engine = openTestEngine(dir.path);
    const id = engine.add(["sh", "-c", "echo ready; sleep 2; exit 4"]);
    const child = Bun.spawn([...engine.ctx.settings.self, "start-attached", id], {
      stdin: "ignore",
      stdout: "pipe",
    });
    await child.stdout.getReader().read();
    child.kill(9);
    await child.exited;
    const run = engine.ctx.store.containers.get(id)?.state.run;
    expect(run?.pid !== undefined && engine.ctx.processes.isAlive(run.pid)).toBe(true);
    await waitFor("it to come true", () => engine.ctx.store.containers.get(id)?.state.exit?.exitCode === 4);
    await engine.containers.remove(one(id), REMOVE);
    expect(await settle(engine, dir.path)).toEqual([]);
  });

  test("logs --follow gives lines as they come and ends with the container; --tail reads the last ones", async () => {
    using dir = temporaryDirectory();
    const engine = openTestEngine(dir.path);
    const id = engine.add(["sh", "-c", "seq 1 5; sleep 2; printf end"]);
    await engine.containers.start(one(id));
    const text = async (options: { follow: boolean; tail: number }): Promise<string[]> => {
      const lines: string[] = [];
      for await (const batch of engine.containers.logs([id], options))
        for (const line of logLines(batch)) lines.push(Buffer.from(line.text).toString());
      return lines;
    };
    await waitFor("it to come true", () =>
      readFileSync(`${engine.ctx.settings.root}/containers/${id}/ctr.log`, "utf8").includes("F 5"),
    );
    const begun = performance.now();
    expect(await text({ follow: true, tail: 2 })).toEqual(["4", "5", "end"]);
    expect(performance.now() - begun).toBeGreaterThan(100);
    expect(await text({ follow: false, tail: -1 })).toEqual(["1", "2", "3", "4", "5", "end"]);
    expect(await text({ follow: false, tail: 1 })).toEqual(["end"]);
    await engine.containers.remove(one(id), REMOVE);
    expect(await settle(engine, dir.path)).toEqual([]);
  });

  test("exec gives the process's exit code, 126 and 127 as a shell would, and refuses a stopped container", async () => {
    using dir = temporaryDirectory();
    const engine = openTestEngine(dir.path);
    const id = engine.add(["sleep", "100"]);
    const request = { env: [], tty: false, interactive: false, privileged: false };
    await engine.containers.start(one(id));
    expect(await engine.containers.exec(id, { ...request, command: ["sh", "-c", "exit 42"] })).toBe(42);
    const failing = (command: string) => engine.containers.exec(id, { ...request, command: [command] });
    expect(failing("nowhere")).rejects.toMatchObject({ code: "CONTAINER_COMMAND_NOT_FOUND", exitCode: 127 });
    expect(failing("/etc")).rejects.toMatchObject({ exitCode: 126 });
    const session = await engine.containers.execDetached(id, {
      ...request,
      command: ["sh", "-c", "echo x >/tmp/y"],
    });
    const directory = `${engine.ctx.settings.runRoot}/containers/${id}/exec/${session}`;
    await waitFor("it to come true", () => !existsSync(directory));
    expect(await engine.containers.exec(id, { ...request, command: ["cat", "/tmp/y"] })).toBe(0);
    expect(engine.containers.execDetached(id, { ...request, command: ["nowhere"] })).rejects.toMatchObject({
      exitCode: 125,
    });
    await engine.containers.stop(one(id), { timeout: 0, ignore: false });
    expect(failing("true")).rejects.toThrow(
      "can only create exec sessions on running containers: container state improper",
    );
    await engine.containers.remove(one(id), REMOVE);
    expect(await settle(engine, dir.path)).toEqual([]);
  });

  test("restart gives the container a new process and keeps what it wrote", async () => {
    using dir = temporaryDirectory();
    const engine = openTestEngine(dir.path);
    const id = engine.add(["sh", "-c", "echo run >>/tmp/runs; cat /tmp/runs; sleep 100"]);
    await engine.containers.start(one(id));
    const before = engine.ctx.store.containers.get(id)?.state.run?.pid?.pid;
    const log = (): string => readFileSync(`${engine.ctx.settings.root}/containers/${id}/ctr.log`, "utf8");
    await waitFor("its first line", () => log().includes(" run"));
    expect(
      await failureOf(engine.containers.restart(one(id), { timeout: 0, ignore: false, runningOnly: false })),
    ).toBeUndefined();
    const after = engine.ctx.store.containers.get(id)?.state.run?.pid?.pid;
    expect(after).not.toBe(before);
    await waitFor("three lines", () => log().match(/ run/g)?.length === 3);
    await engine.containers.remove(one(id), { ...FORCE, timeout: 0 });
    expect(await settle(engine, dir.path)).toEqual([]);
  });
});

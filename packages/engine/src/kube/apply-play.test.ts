import { describe, expect, test } from "bun:test";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { type KubeWorld, kubeWorld, manifestObject, plannedPod, playPlan } from "../../testing/kube-world.ts";
import { podRecord } from "../../testing/records.ts";
import { applyPlay } from "./apply-play.ts";
import { healPlays } from "./heal.ts";
import type { ApplyOptions } from "./play-at-work.ts";
import type { PlayPlan } from "./play-plan.ts";

const OPTIONS: ApplyOptions = { replace: false, start: true, progress: () => {} };

function wholePlan(directory: string): PlayPlan {
  const web = plannedPod("web", ["a", "b"], {
    hostPaths: [
      { hostPath: `${directory}/made/deep`, type: "DirectoryOrCreate", path: ["spec", "volumes", 0] },
    ],
  });
  return playPlan({
    networks: ["net"],
    volumes: [
      {
        object: manifestObject("PersistentVolumeClaim", "pg"),
        request: { name: "pg", labels: {}, options: {} },
      },
      {
        object: manifestObject("PersistentVolumeClaim", "old"),
        request: { name: "old", labels: {}, options: {} },
      },
    ],
    secrets: [
      { object: manifestObject("Secret", "new"), name: "new", data: Buffer.from("1"), labels: {} },
      { object: manifestObject("Secret", "known"), name: "known", data: Buffer.from("2"), labels: {} },
    ],
    pods: [web, plannedPod("db", ["c"], { image: "absent" })],
  });
}

/** With a volume and a secret that were there before. */
async function peopled(): Promise<KubeWorld> {
  const world = kubeWorld();
  world.ctx.addVolume({ name: "old", labels: {}, options: {} });
  const data = Buffer.from("before");
  await (await world.ctx.secrets()).create({
    name: "known",
    data,
    labels: {},
    replace: false,
    ignore: false,
  });
  world.calls.length = 0;
  return world;
}

describe("applyPlay()", () => {
  test("makes all of it, in an order that finds failures early", async () => {
    using world = await peopled();
    const report = await applyPlay(world.ctx, wholePlan(world.directory), OPTIONS);
    expect(world.calls).toEqual([
      "images.pull absent",
      "networks.create net",
      "volumes.create pg",
      "volumes.furnish pg",
      "secrets.create new",
      "pods.create web",
      "containers.create web-a",
      "containers.create web-b",
      "pods.create db",
      "containers.create db-c",
      "pods.start web",
      "pods.start db",
      "secrets.create known",
    ]);
    expect(existsSync(`${world.directory}/made/deep`)).toBe(true);
    expect(report.volumes).toEqual(["pg", "old"]);
    expect(report.secrets.map(({ name }) => name)).toEqual(["new", "known"]);
    expect(report.pods.map(({ name, containers }) => [name, containers.length])).toEqual([
      ["web", 2],
      ["db", 1],
    ]);
    expect(report.warnings.map(({ message }) => message)).toContain("web-a warns");
    expect(world.store.plays.list()).toEqual([]);
  });

  test("nothing is left, whichever step fails", async () => {
    const steps: string[] = [];
    using whole = await peopled();
    await applyPlay(whole.ctx, wholePlan(whole.directory), {
      ...OPTIONS,
      afterStep: (name) => void steps.push(name.replaceAll(whole.directory, "")),
    });
    expect(steps.length).toBeGreaterThan(8);
    // After the last step the play is complete.
    for (const failing of steps.slice(0, -1)) {
      using world = await peopled();
      const before = world.state();
      const afterStep = (name: string): void => {
        if (name.replaceAll(world.directory, "") === failing) throw new Error(`after ${failing}`);
      };
      const played = applyPlay(world.ctx, wholePlan(world.directory), { ...OPTIONS, afterStep });
      await expect(played).rejects.toThrow(`after ${failing}`);
      expect(world.state()).toEqual(before);
      expect(existsSync(`${world.directory}/made`)).toBe(false);
    }
  });

  test("nothing is left, whichever call fails; the failure says where", async () => {
    using whole = await peopled();
    await applyPlay(whole.ctx, wholePlan(whole.directory), OPTIONS);
    for (const failing of whole.calls) {
      using world = await peopled();
      const before = world.state();
      world.failing.set(failing, new EngineError("POD_INVALID", "no luck"));
      const played = applyPlay(world.ctx, wholePlan(world.directory), OPTIONS);
      await expect(played).rejects.toThrow("no luck");
      world.failing.clear();
      expect(world.state()).toEqual(before);
    }
  });

  test("a container that does not start is told with its place and the end of its log", async () => {
    using world = await peopled();
    const before = world.state();
    const plan = wholePlan(world.directory);
    const [web] = plan.pods;
    const id = web?.request.id ?? "";
    world.starts.set(id, async () => {
      const error = new EngineError("CONTAINER_INVALID", "exec: nope");
      const [, second] = world.store.containers.list({ podId: id });
      return { input: id, id, error, memberErrors: [{ id: second?.config.id ?? "", error }] };
    });
    const failure: unknown = await applyPlay(world.ctx, plan, OPTIONS).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(EngineError);
    expect(failure).toMatchObject({
      code: "KUBE_PLAY_FAILED",
      message: "play.yaml:3:5: cannot start container web-b of pod web: exec: nope",
      hint: "its last output:\n  its last word",
    });
    expect(world.state()).toEqual(before);
  });

  test("a pod that fails ends the start of another that waits for it", async () => {
    using world = await peopled();
    const before = world.state();
    const plan = wholePlan(world.directory);
    const [web, db] = plan.pods.map(({ request }) => request.id);
    world.starts.set(db ?? "", async () => ({
      input: "",
      error: new EngineError("PORT_IN_USE", "port 80 is taken"),
      memberErrors: [],
    }));
    // As an init container that waits for db would: until its pod is taken away.
    world.starts.set(web ?? "", async () => {
      while (world.store.pods.get(web ?? "") !== undefined) await Bun.sleep(1);
      throw new EngineError("POD_NOT_FOUND", "gone");
    });
    await expect(applyPlay(world.ctx, plan, OPTIONS)).rejects.toThrow(
      "cannot start pod db: port 80 is taken",
    );
    expect(world.state()).toEqual(before);
  });

  test("a signal undoes what was done, a start that hangs too", async () => {
    using world = await peopled();
    const before = world.state();
    const plan = wholePlan(world.directory);
    const id = plan.pods[0]?.request.id ?? "";
    const interrupt = new AbortController();
    world.starts.set(id, async () => {
      interrupt.abort(new EngineError("CANCELED", "interrupted by SIGINT"));
      while (world.store.pods.get(id) !== undefined) await Bun.sleep(1);
      throw new EngineError("POD_NOT_FOUND", "gone");
    });
    const played = applyPlay(world.ctx, plan, { ...OPTIONS, signal: interrupt.signal });
    await expect(played).rejects.toMatchObject({ code: "CANCELED" });
    expect(world.state()).toEqual(before);
  });

  test("--replace leaves the old pod until all that can be refused has been", async () => {
    for (const failing of [
      "images.pull absent",
      "networks.create net",
      "volumes.create pg",
      "secrets.create new",
    ]) {
      using world = await peopled();
      world.store.pods.add(podRecord("f".repeat(64), { name: "web", infraId: "" }), undefined);
      const before = world.state();
      world.failing.set(failing, new Error("no luck"));
      const played = applyPlay(world.ctx, wholePlan(world.directory), { ...OPTIONS, replace: true });
      await expect(played).rejects.toThrow("no luck");
      expect(world.state()).toEqual(before);
    }
  });

  test("--replace: when the new pod does not start, the failure says that the old one is gone", async () => {
    using world = await peopled();
    world.store.pods.add(podRecord("f".repeat(64), { name: "web", infraId: "" }), undefined);
    world.failing.set("pods.start db", new Error("no luck"));
    const played = applyPlay(world.ctx, wholePlan(world.directory), { ...OPTIONS, replace: true });
    const failure: unknown = await played.catch((error: unknown) => error);
    expect(String(failure)).toContain("no luck");
    expect(failure).toMatchObject({ hint: "pod web, which was to be replaced, is gone" });
    expect(world.store.pods.ids()).toEqual([]);
  });

  test("paths of the host are held against their types before anything is made", async () => {
    using world = await peopled();
    const { directory } = world;
    mkdirSync(`${directory}/here`);
    writeFileSync(`${directory}/file`, "");
    symlinkSync("/no/such/place", `${directory}/dangling`);
    const cases = [
      [`${directory}/file`, "Directory", "is not a directory"],
      [`${directory}/file`, "DirectoryOrCreate", "is not a directory"],
      [`${directory}/here`, "File", "is not a file"],
      [`${directory}/here`, "Socket", "is not a socket"],
      ["/dev/null", "BlockDevice", "is not a block device"],
      [`${directory}/none`, "", "does not exist"],
      [`${directory}/none`, "File", "does not exist"],
      [`${directory}/dangling`, "DirectoryOrCreate", "is a symbolic link that leads nowhere"],
      [`${directory}/dangling`, "FileOrCreate", "is a symbolic link that leads nowhere"],
    ] as const;
    for (const [hostPath, type, why] of cases) {
      const pod = plannedPod("web", ["a"], { hostPaths: [{ hostPath, type, path: ["spec"] }] });
      const played = applyPlay(world.ctx, playPlan({ pods: [pod] }), OPTIONS);
      await expect(played).rejects.toThrow(
        `play.yaml:3:5: cannot mount ${hostPath}: path ${hostPath} ${why}`,
      );
    }
    expect(world.calls).toEqual([]);
  });

  test("an immutable secret is not replaced, and nothing else is made", async () => {
    using world = kubeWorld();
    const data = Buffer.from('{"immutable":true}');
    await (await world.ctx.secrets()).create({
      name: "fixed",
      data,
      labels: {},
      replace: false,
      ignore: false,
    });
    const secret = {
      object: manifestObject("Secret", "fixed"),
      name: "fixed",
      data: Buffer.from("{}"),
      labels: {},
    };
    const played = applyPlay(world.ctx, playPlan({ secrets: [secret] }), OPTIONS);
    await expect(played).rejects.toThrow(
      "cannot make secret fixed: a secret of that name is there, and it is immutable",
    );
  });
});

describe("healPlays()", () => {
  test("takes back what a play had made when it was killed, wherever it was", async () => {
    using whole = await peopled();
    await applyPlay(whole.ctx, wholePlan(whole.directory), OPTIONS);
    const calls = whole.calls.filter((call) => !/^volumes\.(create|furnish)/.test(call));
    for (const killed of calls) {
      using world = await peopled();
      const before = world.state();
      world.hanging.add(killed);
      applyPlay(world.ctx, wholePlan(world.directory), OPTIONS).catch(() => {});
      while (!world.calls.includes(killed)) await Bun.sleep(1);
      const killedState = world.state();
      await healPlays(world.ctx, world.store.plays.list());
      // Its process lives: it is at work.
      expect(world.state()).toEqual(killedState);
      world.alive.value = false;
      await healPlays(world.ctx, world.store.plays.list());
      expect(world.state()).toEqual(before);
      expect(existsSync(`${world.directory}/made`)).toBe(false);
    }
  });

  test("leaves what others have made or use since", async () => {
    using world = kubeWorld();
    const { ctx, store } = world;
    const since = ctx.clock.now() + 1000;
    store.plays.add({
      id: "1",
      owner: ctx.self,
      made: {
        pods: ["a".repeat(64)],
        volumes: ["gone"],
        // Of that name, but older than the note.
        networks: [{ name: "net", since }],
        secrets: [{ name: "key", since }],
        paths: [world.directory, `${world.directory}/none`],
      },
    });
    await (await ctx.networks()).create({ name: "net" } as never);
    await (await ctx.secrets()).create({ name: "key", data: Buffer.from("x"), labels: {} } as never);
    world.alive.value = false;
    await healPlays(ctx, store.plays.list());
    expect(world.state()).toMatchObject({ networks: ["net"], secrets: [["key", "x"]], plays: [] });
    expect(existsSync(world.directory)).toBe(true);
  });
});

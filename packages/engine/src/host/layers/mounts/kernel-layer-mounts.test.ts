/** Layers of both kinds, acquired and released by many, on the real kernel. */
import { expect, test } from "bun:test";
import {
  closeSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  readlinkSync,
} from "node:fs";
import { assert, asyncProperty, array, constantFrom, record } from "fast-check";
import { inOwnNamespaces, sh, temporaryDirectory } from "../../../../testing/kernel.ts";
import { buildTar, file } from "../../../../testing/tar-builder.ts";
import { ensureRunDir } from "../../mounts/run-dir.ts";
import { KernelMounts } from "../../mounts/kernel-mounts.ts";
import { isMountRoot } from "../../sys/file-system.ts";
import { ErofsSink } from "../erofs/erofs-sink.ts";
import { LayerDirectories } from "../layer-directories.ts";
import { LockedStaging } from "../staging.ts";
import { KernelLayerMounts } from "./kernel-layer-mounts.ts";
import { waitFor } from "../../../../testing/waiting.ts";

const CHAINS = ["a", "b", "c", "d"].map((letter) => letter.repeat(64));
const [A = "", B = "", C = "", D = ""] = CHAINS;

/** Layers a, b and c are images, d is a directory; each has a file of its name. */
async function world(base: string) {
  const root = `${base}/root`;
  const runRoot = `${base}/run`;
  const staging = new LockedStaging(root);
  const sink = new ErofsSink(staging, new LayerDirectories(root, staging));
  mkdirSync(root, { recursive: true });
  for (const chainId of [A, B, C]) {
    const name = chainId.slice(0, 1);
    const chunks = (async function* () {
      yield buildTar([file(name, `content of ${name}`)]);
    })();
    await using staged = await sink.stage({ name, chunks });
    await staged.commit(chainId, "");
  }
  mkdirSync(`${root}/layers/${D}/diff`, { recursive: true });
  writeFileSync(`${root}/layers/${D}/diff/d`, "content of d");
  await ensureRunDir(runRoot);
  return { root, runRoot, mounts: new KernelLayerMounts({ root, runRoot }) };
}

/** What is in a run directory beside its marker. */
function left(runRoot: string): string[] {
  return readdirSync(runRoot).filter((name) => name !== ".mounted");
}

function mounted(runRoot: string): string[] {
  return CHAINS.filter((chainId) => isMountRoot(`${runRoot}/layers/${chainId}`) === true);
}

inOwnNamespaces(import.meta.path, () => {
  const one = { id: "1".repeat(64), layers: [A, D, B] };
  const two = { id: "2".repeat(64), layers: [A, C] };
  const plain = { id: "3".repeat(64), layers: [D] };

  test("one mount a layer for all who use it, until the last lets go", async () => {
    using home = temporaryDirectory();
    const { root, runRoot, mounts } = await world(home.path);
    const paths = await mounts.acquire(one, "first");
    expect(paths).toEqual([`${runRoot}/layers/${A}`, `${root}/layers/${D}/diff`, `${runRoot}/layers/${B}`]);
    expect(paths.map((path, index) => readFileSync(`${path}/${"adb"[index]}`, "utf8"))).toEqual([
      "content of a",
      "content of d",
      "content of b",
    ]);
    const options = sh("grep ' erofs ' /proc/self/mounts");
    expect(options).toContain(`${root}/layers/${A}/layer.erofs ${runRoot}/layers/${A} erofs ro,nosuid,nodev`);
    expect(await mounts.acquire(one, "second")).toEqual(paths);
    expect(await mounts.acquire(one, "second")).toEqual(paths);
    await mounts.acquire(two, "first");
    expect(mounted(runRoot)).toEqual([A, B, C]);
    await mounts.release(one.id, "first");
    await mounts.release(one.id, "first");
    expect(mounted(runRoot)).toEqual([A, B, C]);
    await mounts.release(one.id, "second");
    expect(mounted(runRoot)).toEqual([A, C]);
    await mounts.release(two.id, "first");
    await mounts.release(two.id, "never was");
    expect([mounted(runRoot), left(runRoot)]).toEqual([[], []]);
    expect(await mounts.acquire(plain, "first")).toEqual([`${root}/layers/${D}/diff`]);
    expect(left(runRoot)).toEqual([]);
  });

  test("a look is seen nowhere, and makes an overlay", async () => {
    using home = temporaryDirectory();
    const { runRoot, mounts } = await world(home.path);
    const target = `${home.path}/view`;
    mkdirSync(target);
    {
      using open = mounts.open(one);
      expect(open.layers.map(({ id }) => id)).toEqual(one.layers);
      expect([mounted(runRoot), left(runRoot)]).toEqual([[], []]);
      const lower = open.layers.map(({ fd }) => `/proc/self/fd/${fd}`);
      await new KernelMounts().overlay({ target, lower, volatile: false });
    }
    expect(readdirSync(target).sort()).toEqual(["a", "b", "d"]);
    new KernelMounts().unmount(target);
  });

  test("a layer that is missing, or damaged, is named, and nothing is left of the attempt", async () => {
    using home = temporaryDirectory();
    const { root, runRoot, mounts } = await world(home.path);
    rmSync(`${root}/layers/${B}/layer.tar`);
    await expect(mounts.acquire(one, "user")).rejects.toMatchObject({
      code: "IMAGE_LAYER_INVALID",
      hint: "pull the image again",
    });
    rmSync(`${root}/layers/${B}`, { recursive: true });
    await expect(mounts.acquire(one, "user")).rejects.toThrow(`its layer ${B} is missing from the store`);
    expect(() => mounts.open(one)).toThrow(`its layer ${B} is missing from the store`);
    writeFileSync(`${root}/layers/${C}/layer.erofs`, "no image");
    await expect(mounts.acquire(two, "user")).rejects.toMatchObject({ code: "IMAGE_LAYER_INVALID" });
    expect([mounted(runRoot), left(runRoot)]).toEqual([[], []]);
  });

  test("a mount namespace that got a copy does not keep a layer, and one without it makes it", async () => {
    using home = temporaryDirectory();
    const { root, runRoot, mounts } = await world(home.path);
    await mounts.acquire(one, "user");
    const holder = Bun.spawn(["unshare", "-m", "--propagation", "private", "sleep", "60"]);
    await waitFor(
      "a mount namespace of its own",
      () => readlinkSync(`/proc/${holder.pid}/ns/mnt`) !== readlinkSync("/proc/self/ns/mnt"),
    );
    const seen = (): number => readFileSync(`/proc/${holder.pid}/mounts`, "utf8").split(" erofs ").length - 1;
    expect(seen()).toBe(2);
    await mounts.release(one.id, "user");
    expect(seen()).toBe(0);
    holder.kill(9);
    await holder.exited;
    await mounts.acquire(one, "user");
    // As another mount namespace sees it that did not get the mounts: the files are there, the mounts are not.
    for (const chainId of [A, B]) new KernelMounts().unmount(`${runRoot}/layers/${chainId}`);
    const again = await mounts.acquire(one, "other");
    expect(existsSync(`${again[0]}/a`)).toBe(true);
    // Somebody removed what tells of users by hand; the mounts are still there.
    rmSync(`${runRoot}/stacks`, { recursive: true });
    await mounts.acquire(one, "user");
    await mounts.release(one.id, "user");
    expect([mounted(runRoot), left(runRoot)]).toEqual([[], []]);
    expect(existsSync(`${root}/layers/${A}/layer.erofs`)).toBe(true);
  });

  test("paths that are longer than the kernel's options", async () => {
    using home = temporaryDirectory();
    const { runRoot, mounts } = await world(`${home.path}/${"x".repeat(200)}`);
    const [first = ""] = await mounts.acquire(one, "user");
    expect(readFileSync(`${first}/a`, "utf8")).toBe("content of a");
    await mounts.release(one.id, "user");
    expect(left(runRoot)).toEqual([]);
  });

  test("whoever holds a stack sees all of its layers, whoever comes and goes, or is killed", async () => {
    using home = temporaryDirectory();
    const { root, runRoot, mounts } = await world(home.path);
    const acts = array(record({ image: constantFrom(one, two), user: constantFrom("u", "v", "w") }), {
      minLength: 1,
      maxLength: 12,
    });
    await assert(
      asyncProperty(acts, async (users) => {
        await Promise.all(
          users.map(async ({ image, user }, index) => {
            const name = `${user}-${index}`;
            const paths = await mounts.acquire(image, name);
            await Promise.resolve();
            for (const path of paths) expect(readdirSync(path)).toHaveLength(1);
            await mounts.release(image.id, name);
          }),
        );
        expect([mounted(runRoot), left(runRoot)]).toEqual([[], []]);
      }),
      { numRuns: 8 },
    );
    const script = `import { KernelLayerMounts } from ${JSON.stringify(`${import.meta.dir}/kernel-layer-mounts.ts`)};
      const mounts = new KernelLayerMounts(${JSON.stringify({ root, runRoot })});
      for (;;) { await mounts.acquire(${JSON.stringify(one)}, "killed"); await mounts.release("${one.id}", "killed"); }`;
    for (let round = 0; round < 4; round += 1) {
      const child = Bun.spawn([process.execPath, "-e", script], { stdio: ["ignore", "ignore", "inherit"] });
      for (let turn = 0; turn < 5; turn += 1) {
        const paths = await mounts.acquire(one, "own");
        for (const path of paths) expect(readdirSync(path)).toHaveLength(1);
        await mounts.release(one.id, "own");
        await Bun.sleep(3 + 4 * round);
      }
      child.kill(9);
      await child.exited;
      // Its object's teardown.
      await mounts.release(one.id, "killed");
      expect([mounted(runRoot), left(runRoot)]).toEqual([[], []]);
    }
  }, 60_000);

  test("what was killed between two directories goes with the next release", async () => {
    using home = temporaryDirectory();
    const { runRoot, mounts } = await world(home.path);
    for (const path of [
      "stacks",
      `stacks/${one.id}`,
      `stacks/${one.id}/users`,
      `stacks/${one.id}/users/killed`,
    ]) {
      mkdirSync(`${runRoot}/${path}`, { recursive: true });
      await mounts.release(one.id, "killed");
      expect([path, left(runRoot)]).toEqual([path, []]);
    }
  });

  test("a layer is held open by nobody after its release", async () => {
    using home = temporaryDirectory();
    const { mounts } = await world(home.path);
    const before = readdirSync("/proc/self/fd").length;
    await mounts.acquire(one, "user");
    await mounts.release(one.id, "user");
    using open = mounts.open(one);
    const [layer] = open.layers;
    expect(layer === undefined ? [] : readdirSync(`/proc/self/fd/${layer.fd}`)).toEqual(["a"]);
    open[Symbol.dispose]();
    expect(readdirSync("/proc/self/fd").length).toBe(before);
    expect(() => closeSync(layer?.fd ?? 0)).toThrow();
  });
});

/** An ordinary user's containers in user namespaces of their own: who is who inside, on the disk, and for others. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { execute, host, openEngine } from "./engine.ts";
import { expectAsBefore, expectCleanEnd, type HostState, hostState } from "./host-state.ts";
import { FIRST_ID, theUser } from "./user.ts";
import { waitFor } from "./waiting.ts";
import { warmUp } from "./warm-up.ts";

const user = theUser();
const engine = openEngine();
const { ok, pw } = engine;
const ALONE = ["--network", "none"] as const;
const KEEP = ["--userns", "keep-id"] as const;
const RUN = ["run", "--rm", ...ALONE] as const;
const ME = `${user.uid}:${user.gid}`;
/** All that the user has for others. */
const ALL = 65_536;
const MAP = ["cat", "/proc/self/uid_map"] as const;
const OWNERS = ["stat", "-c", "%u:%g"] as const;

let before: HostState;

beforeAll(async () => {
  await warmUp(engine);
  // Whether this kernel follows references is noted.
  await ok(...RUN, ...KEEP, "busybox", "true");
  before = await hostState(engine);
});

afterAll(async () => {
  await expectCleanEnd(engine, before);
});

function directory(name: string): string {
  const path = join(user.home, "places", name);
  mkdirSync(path, { recursive: true });
  chownSync(path, user.uid, user.gid);
  return path;
}

function file(path: string): string {
  writeFileSync(path, "content");
  chownSync(path, user.uid, user.gid);
  return path;
}

function ownerOf(path: string): string {
  const { uid, gid } = statSync(path);
  return `${uid}:${gid}`;
}

/** "0 1 1000": a line's numbers with one space between them. */
function mapLines(text: string): string[] {
  return text.split("\n").map((line) => line.trim().replace(/\s+/g, " "));
}

async function mapOf(...flags: readonly string[]): Promise<string[]> {
  return mapLines(await ok(...RUN, ...flags, "busybox", ...MAP));
}

async function sleeping(...flags: readonly string[]): Promise<string> {
  return await ok("run", "-d", ...ALONE, ...flags, "busybox", "sleep", "1000");
}

describe("keep-id", () => {
  test("the user is the user: name, home, files made and files found", async () => {
    const work = directory("work");
    file(join(work, "mine"));
    const script = "id -un; id -u; id -gn; echo $HOME; stat -c %u:%g /w/mine / /etc/passwd; touch /w/made";
    const seen = await ok(...RUN, ...KEEP, "-v", `${work}:/w`, "busybox", "sh", "-c", script);
    const { name } = user;
    expect(seen.split("\n")).toEqual([name, String(user.uid), name, "/", ME, "0:0", "0:0"]);
    expect(ownerOf(join(work, "made"))).toBe(ME);
    const home = ["-v", `${work}:${user.home}`, "busybox", "sh", "-c", "echo $HOME ~"];
    expect(await ok(...RUN, ...KEEP, ...home)).toBe(`${user.home} ${user.home}`);
    await expectAsBefore(engine, before);
  });

  test("others are mapped subordinate ids, root among them", async () => {
    const shared = directory("shared");
    chmodSync(shared, 0o777);
    const flags = [...KEEP, "-v", `${shared}:/w`];
    await Promise.all(["0", "7"].map((id) => ok(...RUN, ...flags, "-u", id, "busybox", "touch", `/w/${id}`)));
    expect(ownerOf(join(shared, "0"))).toBe(`${FIRST_ID}:${FIRST_ID}`);
    expect(ownerOf(join(shared, "7"))).toBe(`${FIRST_ID + 7}:${FIRST_ID}`);
    const chosen = await mapOf("--userns", "keep-id:uid=200,gid=210");
    expect(chosen).toEqual(["0 1 200", "200 0 1", `201 201 ${ALL - 200}`]);
  });

  test("U gives a directory away; a new volume is the user's", async () => {
    const given = directory("given");
    file(join(given, "f"));
    const flags = [...KEEP, "-u", "55:66", "-v", `${given}:/v:U`];
    expect(await ok(...RUN, ...flags, "busybox", ...OWNERS, "/v/f")).toBe("55:66");
    expect(ownerOf(join(given, "f"))).toBe(`${FIRST_ID + 55}:${FIRST_ID + 66}`);
    const volume = ["-v", "kept:/v:z", "busybox", "sh", "-c", "touch /v/f; stat -c %u:%g /v/f"];
    expect(await ok(...RUN, ...KEEP, ...volume)).toBe(ME);
    const path = await ok("volume", "inspect", "-f", "{{.Mountpoint}}", "kept");
    expect(await ok("unshare", ...OWNERS, `${path}/f`)).toBe("0:0");
    await ok("volume", "rm", "kept");
    await expectAsBefore(engine, before);
  });

  test("cp, exec, top, diff, export, commit: owners are those inside, while it runs and after", async () => {
    const id = await sleeping(...KEEP);
    const from = file(join(directory("from"), "file"));
    await ok("cp", from, `${id}:/one`);
    await ok("exec", "-u", "0", id, "sh", "-c", "touch /zero; chown 7:8 /zero; rm /bin/wget");
    expect(await ok("exec", id, "sh", "-c", "id -un; stat -c %u:%g /one /zero")).toBe(
      `${user.name}\n${ME}\n7:8`,
    );
    const [, row = ""] = (await ok("top", id, "user", "huser", "huid")).split("\n");
    expect(row.trim().split(/\s+/)).toEqual([user.name, user.name, String(user.uid)]);
    const running = (await ok("diff", id)).split("\n");
    expect(running).toEqual(expect.arrayContaining(["A /one", "A /zero", "C /bin", "D /bin/wget"]));
    await ok("commit", "-q", id, "localhost/layer");
    await ok("stop", "-t", "0", id);
    expect((await ok("diff", id)).split("\n")).toEqual(running);
    await ok("cp", from, `${id}:/two`);
    const tar = join(directory("from"), "tar");
    await ok("export", "-o", tar, id);
    const listed = await host("tar", "tvf", tar, "--numeric-owner", "one", "two", "zero");
    const owners = listed
      .trim()
      .split("\n")
      .map((line) => line.split(/\s+/)[1]);
    expect(owners).toEqual([`${user.uid}/${user.gid}`, `${user.uid}/${user.gid}`, "7/8"]);
    await ok("commit", "-q", "--squash", id, "localhost/whole");
    await ok("rm", id);
    const look = ["sh", "-c", "stat -c %u:%g /zero /one /bin; test ! -e /bin/wget"];
    for (const image of ["localhost/layer", "localhost/whole"]) {
      expect(await ok(...RUN, image, ...look)).toBe(`7:8\n${ME}\n0:0`);
      expect(await ok(...RUN, ...KEEP, image, ...look)).toBe(`7:8\n${ME}\n0:0`);
      await ok("rmi", image);
    }
    await expectAsBefore(engine, before);
  });
});

describe("other maps", () => {
  test("each has the ids that it says, and an image that has its owners", async () => {
    const asked: readonly (readonly [readonly string[], readonly string[]])[] = [
      [["--userns", "nomap"], [`0 1 ${ALL}`]],
      [["--userns", "auto:size=2000"], ["0 1 2000"]],
      [["--uidmap", "0:1:1000", "--gidmap", "0:0:1000"], ["0 1 1000"]],
      [
        ["--uidmap", "0:0:1000", "--gidmap", "0:1:1000"],
        ["0 0 1", "1 1 999"],
      ],
      [
        ["--uidmap", `+7:@${user.uid}`],
        ["0 1 7", "7 0 1", `8 8 ${ALL - 7}`],
      ],
      [["--uidmap", `0:@${FIRST_ID}:500`], ["0 1 500"]],
      [["--subuidname", user.name], [`0 1 ${ALL}`]],
    ];
    // One after another: some take all that there is.
    for (const [flags, map] of asked) expect([flags, await mapOf(...flags)]).toEqual([flags, [...map]]);
    const nomap = ["--userns", "nomap", "-v", `${directory("mine")}:/w`];
    expect(await ok(...RUN, ...nomap, "busybox", "stat", "-c", "%u", "/w", "/etc")).toBe("65534\n0");
    await expectAsBefore(engine, before);
  });

  test("auto gives nobody's ids twice; container: and a pod share a namespace", async () => {
    const map = async (id: string): Promise<string[]> => mapLines(await ok("exec", id, ...MAP));
    const ids = await Promise.all([1, 2].map(async () => await sleeping("--userns", "auto:size=1500")));
    const maps = (await Promise.all(ids.map(map))).flat().sort();
    expect(maps).toEqual(["0 1 1500", "0 1501 1500"]);
    const [id = ""] = ids;
    const joined = await sleeping("--userns", `container:${id}`);
    expect(await map(joined)).toEqual(await map(id));
    const pod = ["pod", "create", "--share", "+pid", "--network", "none"] as const;
    await ok(...pod, "--name", "own", "--userns", "auto:size=1100");
    expect(mapLines(await ok("run", "--rm", "--pod", "own", "busybox", ...MAP))).toEqual(["0 3001 1100"]);
    await ok(...pod, "--name", "keeps", ...KEEP);
    const member = ["run", "--rm", "--pod", "keeps", "busybox", "sh", "-c"] as const;
    const look = "id -u; readlink /proc/self/ns/user; echo x >/dev/shm/$$";
    const one = await ok(...member, look);
    expect(await ok(...member, look)).toBe(one);
    expect(one).toStartWith(`${user.uid}\n`);
    await ok("pod", "rm", "-f", "-t", "0", "keeps", "own");
    // Who has joined goes first.
    for (const container of [joined, ...ids]) await ok("rm", "-f", "-t", "0", container);
    await expectAsBefore(engine, before);
  });

  test("say what is wrong", async () => {
    const wrong = [
      [["--uidmap", "0:100000:10"], "only the ids 0 to 65536 are there to be mapped"],
      [["--uidmap", "0:@5:10"], "parent ID UID 5 is not mapped/delegated"],
      [["--uidmap", "5:1:10"], "the image has files of uid 0"],
      [
        ["--userns", "keep-id", "-v", `${user.home}:/w:idmap`],
        "lets an ordinary user do so on no file system",
      ],
      [["--userns", "auto:size=70000"], "could not find enough available IDs"],
    ] as const;
    for (const [flags, text] of wrong) {
      const { code, stderr } = await pw(...RUN, ...flags, "busybox", "true");
      expect([flags, stderr]).toEqual([flags, expect.stringContaining(text)]);
      expect(code).not.toBe(0);
    }
    await expectAsBefore(engine, before);
  });
});

describe("the tree with other owners", () => {
  const mapped = join(engine.root, "mapped");
  const trees = (): string[] =>
    readdirSync(mapped, { recursive: true, encoding: "utf8" }).filter((path) =>
      /^[0-9a-f]{64}\/[^/]+$/.test(path),
    );

  test("is made once, and goes with the image", async () => {
    const base = await ok("create", "busybox", "touch", "/new");
    await ok("start", "-a", base);
    await ok("commit", "-q", base, "localhost/mine");
    await ok("rm", base);
    const had = trees();
    await ok(...RUN, ...KEEP, "localhost/mine", "true");
    const [made = "", ...more] = trees().filter((path) => !had.includes(path));
    expect(more).toEqual([]);
    const { ino } = statSync(join(mapped, made));
    await ok(...RUN, ...KEEP, "localhost/mine", "true");
    expect(statSync(join(mapped, made)).ino).toBe(ino);
    await ok("rmi", "localhost/mine");
    expect(trees()).toEqual(had);
    await expectAsBefore(engine, before);
  });

  test("has data of its own where the kernel follows no references", async () => {
    const answer = join(mapped, "refers.json");
    const noted = readFileSync(answer, "utf8");
    const had = trees();
    writeFileSync(answer, noted.replace('"refers":true', '"refers":false'));
    try {
      const flags = ["--userns", "keep-id:uid=77,gid=78"] as const;
      const look = ["sh", "-c", "id -u; stat -c %u:%g /bin/sh"];
      expect(await ok(...RUN, ...flags, "busybox", ...look)).toBe("77\n0:0");
    } finally {
      writeFileSync(answer, noted);
    }
    expect(trees().filter((path) => !had.includes(path))).toEqual([expect.stringMatching(/-data$/)]);
    await expectAsBefore(engine, before);
  });

  test("killed while it is made, it is not there, and made anew", async () => {
    const script = "mkdir /many; cd /many; seq 1500 | xargs touch";
    const base = await ok("create", ...ALONE, "busybox", "sh", "-c", script);
    await ok("start", "-a", base);
    await ok("commit", "-q", base, "localhost/many");
    await ok("rm", base);
    const had = trees();
    const run = [...engine.argv, ...RUN, ...KEEP, "localhost/many", "true"];
    const child = Bun.spawn(run, { cwd: user.home, stdout: "ignore", stderr: "ignore" });
    const staging = join(engine.root, "staging");
    const isMaking = (): boolean =>
      readdirSync(staging).some((area) => existsSync(join(staging, area, "tree")));
    await waitFor("a tree in the making", async () => isMaking() || undefined);
    child.kill("SIGKILL");
    await child.exited;
    expect(trees()).toEqual(had);
    const count = await ok(...RUN, ...KEEP, "localhost/many", "sh", "-c", "ls /many | wc -l");
    expect(count.trim()).toBe("1500");
    expect(readdirSync(staging)).toEqual([]);
    await ok("rmi", "localhost/many");
    await expectAsBefore(engine, before);
  });
});

test("groups of the caller are kept where they are asked for", async () => {
  const login = ["setpriv", `--reuid=${user.uid}`, `--regid=${user.gid}`, "--groups=54321"];
  const rest = engine.argv.slice(engine.argv.indexOf("--"));
  const groups = async (...flags: readonly string[]): Promise<string> => {
    const argv = [...login, ...rest, ...RUN, ...flags, "busybox", "grep", "^Groups", "/proc/self/status"];
    return (await execute(argv, { cwd: user.home })).stdout;
  };
  expect(await groups("--group-add", "keep-groups")).toContain("65534");
  expect(await groups()).toMatch(/^Groups:\s+0\s*$/);
});

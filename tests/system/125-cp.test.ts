/** Files in and out of containers: where they land, whose they are, and what hostile ones cannot do. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { execute, host, makeOwn, openEngine, workDirectory, writeOwn } from "./engine.ts";
import { expectAsBefore, expectCleanEnd, type HostState } from "./host-state.ts";
import { asUser, hostId, rootOnly, USER } from "./user.ts";
import { waitFor } from "./waiting.ts";
import { warmUp } from "./warm-up.ts";

const engine = openEngine();
const { ok, pw, json } = engine;
let before: HostState;
let work: string;

/** What a container's first process makes is there some time after its start. */
async function made(id: string, path: string): Promise<void> {
  await waitFor(path, async () => (await pw("exec", id, "test", "-s", path)).code === 0 || undefined);
}

beforeAll(async () => {
  before = await warmUp(engine);
  work = workDirectory("cp-");
});

afterAll(() => expectCleanEnd(engine, before));

const place = (name: string): string => {
  const path = join(work, name);
  makeOwn(path);
  return path;
};

async function shell(command: string): Promise<string> {
  return await host(...(USER === undefined ? [] : asUser(USER)), "sh", "-c", command);
}

/** The command line of the engine for a shell. */
const podwright = engine.argv.map((word) => `'${word}'`).join(" ");

describe("cp", () => {
  test("lands where podman-cp(1) says, in a running and in a stopped container", async () => {
    const from = place("rules");
    writeFileSync(join(from, "file"), "content");
    mkdirSync(join(from, "dir/sub"), { recursive: true });
    writeFileSync(join(from, "dir/sub/deep"), "deep");
    const rules = [
      ["file", "/", "/file", "content"],
      ["file", "/renamed", "/renamed", "content"],
      ["file", "/tmp/", "/tmp/file", "content"],
      ["file", "relative", "/tmp/relative", "content"],
      ["dir", "/tmp", "/tmp/dir/sub/deep", "deep"],
      ["dir/", "/new", "/new/sub/deep", "deep"],
      ["dir/.", "/tmp", "/tmp/sub/deep", "deep"],
      ["dir/.", "/made", "/made/sub/deep", "deep"],
    ] as const;
    for (const start of [["run", "-d"], ["create"]]) {
      const id = await ok(...start, "-w", "/tmp", "busybox", "sleep", "1000");
      for (const [source, target, lands, content] of rules) {
        await ok("cp", `${from}/${source}`, `${id}:${target}`);
        const out = place("rules-out");
        await ok("cp", `${id}:${lands}`, `${out}/back`);
        expect([target, readFileSync(`${out}/back`, "utf8")]).toEqual([target, content]);
      }
      await ok("rm", "-f", "-t0", id);
    }
    await expectAsBefore(engine, before);
  });

  test("says what is wrong in Podman's words", async () => {
    const from = place("errors");
    writeFileSync(join(from, "file"), "");
    const id = await ok("create", "--name", "told", "busybox");
    const failures: [string[], string][] = [
      [
        [`${from}/none`, "told:/"],
        `"${from}/none" could not be found on the host: no such file or directory`,
      ],
      [
        [`${from}/file`, "told:/none/"],
        '"/none/" could not be found on container told: no such file or directory',
      ],
      [["told:/none", from], '"/none" could not be found on container told: no such file or directory'],
      [[from, "told:/etc/passwd"], "destination must be a directory when copying a directory"],
      [["told:/etc", `${from}/file`], "destination must be a directory when copying a directory"],
      [["gone:/etc", from], 'container "gone" does not exist'],
      [["told:", from], `invalid arguments "told:", "${from}": you must specify paths`],
      [["-", "told:/etc/passwd"], "destination must be a directory when copying from stdin"],
      [["-", "told:/etc"], "source must be a (compressed) tar archive when copying from stdin"],
    ];
    for (const [args, message] of failures) {
      const { code, stderr } = await engine.run(["cp", ...args], { stdin: "junk" });
      expect([code, stderr]).toEqual([125, `Error: ${message}\n`]);
    }
    await ok("rm", id);
  });

  test("reaches volumes, tmpfs and binds, also of a container that does not run", async () => {
    const from = place("mounts");
    const bound = place("mounts-bound");
    writeFileSync(join(from, "file"), "content");
    const mounts = ["-v", "cp-outer:/data", "-v", "cp-inner:/data/inner", "-v", `${bound}:/data/bound`];
    const id = await ok("run", "-d", "--tmpfs", "/ram", ...mounts, "busybox", "sleep", "1000");
    const mountpoint = async (name: string): Promise<string> =>
      await ok("volume", "inspect", "-f", "{{.Mountpoint}}", name);
    const [outer, inner] = [await mountpoint("cp-outer"), await mountpoint("cp-inner")];
    for (const name of ["running", "stopped"]) {
      for (const directory of ["/data", "/data/inner", "/data/bound", "/data/inner/../bound/."]) {
        await ok("cp", `${from}/file`, `${id}:${directory}/${name}${directory.length}`);
      }
      if (name === "running") {
        await ok("cp", `${from}/file`, `${id}:/ram/file`);
        expect(await ok("exec", id, "cat", "/ram/file")).toBe("content");
        await ok("stop", "-t0", id);
      }
      expect(readFileSync(join(outer, `${name}5`), "utf8")).toBe("content");
      expect(readFileSync(join(inner, `${name}11`), "utf8")).toBe("content");
      expect(readFileSync(join(bound, `${name}11`), "utf8")).toBe("content");
      expect(readFileSync(join(bound, `${name}22`), "utf8")).toBe("content");
    }
    expect(readdirSync(outer).sort()).toEqual(["bound", "inner", "running5", "stopped5"]);
    await ok("rm", id);
    await ok("volume", "rm", "cp-outer", "cp-inner");
    await expectAsBefore(engine, before);
  });

  const pausing = rootOnly("no cgroup is delegated to the user: nothing pauses");
  pausing.test(
    "reads from a paused container, and between containers, also a container and itself",
    async () => {
      const one = await ok("run", "-d", "busybox", "sh", "-c", "echo one > /one; sleep 1000");
      await made(one, "/one");
      const two = await ok("create", "busybox");
      await ok("pause", one);
      await ok("cp", `${one}:/one`, `${two}:/two`);
      await ok("cp", `${two}:/two`, `${two}:/three`);
      await ok("cp", `${two}:/three`, `${one}:/four`);
      await ok("unpause", one);
      expect(await ok("exec", one, "cat", "/four")).toBe("one");
      // Each waits for neither the other nor itself.
      await Promise.all([ok("cp", `${one}:/etc`, `${two}:/a`), ok("cp", `${two}:/etc`, `${one}:/b`)]);
      await ok("rm", "-f", "-t0", one, two);
      await expectAsBefore(engine, before);
    },
  );

  test("gives files to the container's user, or with --archive=false to whom the archive says", async () => {
    const from = place("owners");
    writeOwn(join(from, "file"), "x");
    await shell(`chmod 640 ${from}/file`);
    const id = await ok("run", "-d", "--user", "1234:567", "busybox", "sleep", "1000");
    await ok("cp", `${from}/file`, `${id}:/tmp/given`);
    await host(
      "sh",
      "-c",
      `tar -C ${from} --owner=11 --group=22 -cf - file | ${podwright} cp -a=false - ${id}:/tmp`,
    );
    const stat = (path: string): Promise<string> => ok("exec", id, "stat", "-c", "%u:%g %a", path);
    expect(await stat("/tmp/given")).toBe("1234:567 640");
    expect(await stat("/tmp/file")).toBe("11:22 640");
    const out = place("owners-out");
    await ok("cp", `${id}:/tmp/given`, out);
    expect(statSync(join(out, "given")).uid).toBe(hostId(0));
    await ok("rm", "-f", "-t0", id);
  });

  test("keeps hard links, attributes, set-id bits, odd names and holes", async () => {
    const from = place("kinds");
    await shell(`cd ${from} && mkdir tree && cd tree && echo x > a && ln a b && chmod 4755 a && mkfifo pipe &&
      ln -s /nowhere link && printf y > "$(printf 'odd\\377name')" && truncate -s 2G sparse && printf end >> sparse &&
      python3 -c 'import os; os.setxattr("a", "user.colour", b"red")' && touch -d '2031-01-01 00:00:00.5 UTC' a`);
    const id = await ok("create", "busybox");
    await ok("cp", `${from}/tree`, `${id}:/tree`);
    const out = place("kinds-out");
    await ok("cp", `${id}:/tree`, out);
    const list = (directory: string): Promise<string> =>
      shell(`cd ${directory} && find . ! -type d -printf '%P %y %m %n %s %T@ %l\\n' | sort`);
    expect(await list(`${out}/tree`)).toBe(await list(`${from}/tree`));
    expect(
      await shell(`python3 -c 'import os; print(os.getxattr("${out}/tree/b", "user.colour").decode())'`),
    ).toBe("red");
    expect(statSync(`${out}/tree/sparse`).blocks * 512).toBeLessThan(1 << 20);
    await ok("rm", id);
  });

  test("a directory gives way to a file only with --overwrite, and the other way round", async () => {
    const from = place("overwrite");
    writeFileSync(join(from, "thing"), "file");
    const id = await ok("run", "-d", "busybox", "sh", "-c", "mkdir -p /there/thing/deep; sleep 1000");
    await made(id, "/there/thing/deep");
    const refused = await pw("cp", `${from}/thing`, `${id}:/there`);
    expect([refused.code, refused.stderr]).toEqual([
      125,
      'Error: copying to container: error creating "/there/thing": open /there/thing: file exists\n',
    ]);
    await ok("cp", "--overwrite", `${from}/thing`, `${id}:/there`);
    expect(await ok("exec", id, "cat", "/there/thing")).toBe("file");
    await ok("rm", "-f", "-t0", id);
  });
});

describe("hostile files", () => {
  test("links of a container lead nowhere outside, whichever way files go", async () => {
    const outside = place("outside");
    writeFileSync(join(outside, "secret"), "of the host");
    const id = await ok(
      "run",
      "-d",
      "--pid=host",
      "busybox",
      "sh",
      "-c",
      `ln -s ${outside}/secret /file; ln -s ${outside} /dir; ln -s /proc/1/root${outside} /magic;
       ln -s ../../../../../..${outside} /up; sleep 1000`,
    );
    const out = place("outside-out");
    writeFileSync(join(out, "mine"), "mine");
    for (const state of ["running", "stopped"]) {
      for (const path of ["/file", "/dir/secret", "/magic/secret", "/up/secret", "/../../..", "/dir"]) {
        await pw("cp", `${id}:${path}`, `${out}/got`);
      }
      for (const path of ["/file", "/dir/", "/magic/", "/magic/new", "/up/new", "/dir"]) {
        await pw("cp", `${out}/mine`, `${id}:${path}`);
      }
      expect(readdirSync(outside)).toEqual(["secret"]);
      expect(readFileSync(join(outside, "secret"), "utf8")).toBe("of the host");
      expect(await shell(`grep -rl 'of the host' ${out} || true`)).toBe("");
      if (state === "running") await ok("stop", "-t0", id);
    }
    await ok("rm", id);
  });

  test("an archive's climbing names, links and device nodes do nothing outside", async () => {
    const outside = place("climbed");
    const id = await ok("run", "-d", "-v", "cp-hostile:/data", "busybox", "sleep", "1000");
    const make = join(place("hostile"), "make.py");
    writeFileSync(
      make,
      `import io, sys, tarfile
def entry(name, kind=tarfile.REGTYPE, link="", data=b"evil"):
    e = tarfile.TarInfo(name); e.type = kind; e.linkname = link; e.mode = 0o777
    if kind in (tarfile.CHRTYPE, tarfile.BLKTYPE): e.devmajor, e.devminor = 1, 3
    e.size = len(data) if kind == tarfile.REGTYPE else 0
    return e, io.BytesIO(data)
t = tarfile.open(fileobj=sys.stdout.buffer, mode="w|")
for item in eval(sys.argv[1]): t.addfile(*item)
t.close()
`,
    );
    const feed = (entries: string, target: string) =>
      execute(["sh", "-c", `python3 ${make} "$1" | ${podwright} ${target}`, "sh", entries]);
    const climbing = await feed(`[entry("../../climbed/evil")]`, `cp - ${id}:/tmp`);
    expect([climbing.code, climbing.stderr]).toEqual([
      125,
      expect.stringContaining("leads out of its place"),
    ]);
    for (const target of [`cp - ${id}:/tmp`, "volume import cp-hostile -"]) {
      await feed(`[entry("link", tarfile.SYMTYPE, "${outside}"), entry("link/evil")]`, target);
      await feed(`[entry("hard", tarfile.LNKTYPE, "../../../../../..${outside}/x")]`, target);
      const devices = await feed(`[entry("null", tarfile.CHRTYPE), entry("after")]`, target);
      expect([devices.code, devices.stderr]).toEqual([0, expect.stringContaining("since it is a device: ")]);
    }
    expect(readdirSync(outside)).toEqual([]);
    const [tmp, volume] = [await ok("exec", id, "ls", "/tmp"), await ok("exec", id, "ls", "/data")];
    for (const names of [tmp, volume])
      expect([names.includes("after"), names.includes("null")]).toEqual([true, false]);
    await ok("rm", "-f", "-t0", id);
    await ok("volume", "rm", "cp-hostile");
  });

  test("a container that swaps a directory for a link while files come writes nothing outside", async () => {
    const outside = place("raced");
    const swap = `mkdir /d /e; while :; do mv /d /x; ln -s ${outside} /d; rm /d; mv /x /d; done`;
    const id = await ok("run", "-d", "busybox", "sh", "-c", swap);
    const from = place("race-from");
    for (let i = 0; i < 30; i++) writeFileSync(join(from, `f${i}`), "x");
    for (let round = 0; round < 8; round++) {
      await pw("cp", `${from}/.`, `${id}:/d/`);
      await pw("cp", `${id}:/d`, place("race-out"));
    }
    expect(readdirSync(outside)).toEqual([]);
    await ok("rm", "-f", "-t0", id);
  });

  test("a link in the destination on the host is not followed out of it", async () => {
    const [out, outside] = [place("trap"), place("trap-outside")];
    makeOwn(join(out, "copy"));
    symlinkSync(outside, join(out, "copy/sub"));
    const id = await ok(
      "run",
      "-d",
      "busybox",
      "sh",
      "-c",
      "mkdir -p /copy/sub; echo x > /copy/sub/evil; sleep 9",
    );
    await pw("cp", `${id}:/copy`, out);
    await pw("cp", "--overwrite", `${id}:/copy`, out);
    expect(readdirSync(outside)).toEqual([]);
    expect(lstatSync(join(out, "copy/sub")).isDirectory()).toBe(true);
    await ok("rm", "-f", "-t0", id);
  });
});

describe("export, diff, mount", () => {
  test("export gives the whole tree, without what is mounted", async () => {
    const id = await ok(
      "run",
      "-d",
      "-v",
      "/data",
      "busybox",
      "sh",
      "-c",
      "echo x > /data/in; echo x > /own; sleep 1000",
    );
    const out = place("export");
    for (const state of ["running", "stopped"]) {
      await ok("export", "-o", `${out}/${state}.tar`, id);
      const names = (await shell(`tar tf ${out}/${state}.tar`)).split("\n");
      expect([names.includes("own"), names.includes("bin/sh"), names.includes("data/in")]).toEqual([
        true,
        true,
        false,
      ]);
      if (state === "running") await ok("stop", "-t0", id);
    }
    expect(await host("sh", "-c", `${podwright} export ${id} | tar xOf - own`)).toBe("x");
    expect((await pw("export", "-o", `${out}/none.tar`, "no-such")).code).toBe(125);
    expect(existsSync(`${out}/none.tar`)).toBe(false);
    await ok("rm", "-v", id);
    await expectAsBefore(engine, before);
  });

  test("diff tells what was added, changed and deleted, of containers and of images", async () => {
    const script =
      "mkdir -p /new/dir; echo x > /new/dir/file; echo x >> /etc/passwd; rm /etc/group; chmod 700 /root";
    await ok("run", "--name", "differs", "busybox", "sh", "-c", script);
    const expected = [
      "C /etc",
      "D /etc/group",
      "C /etc/passwd",
      "A /new",
      "A /new/dir",
      "A /new/dir/file",
      "C /root",
    ];
    expect((await ok("diff", "differs")).split("\n")).toEqual(expected);
    expect((await ok("container", "diff", "-l")).split("\n")).toEqual(expected);
    expect(await json("diff", "--format", "json", "differs")).toEqual({
      changed: ["/etc", "/etc/passwd", "/root"],
      added: ["/new", "/new/dir", "/new/dir/file"],
      deleted: ["/etc/group"],
    });
    await ok("commit", "-q", "differs", "differing");
    expect((await ok("image", "diff", "differing")).split("\n")).toEqual(expected);
    expect((await ok("image", "diff", "differing", "busybox")).split("\n")).toEqual(expected);
    expect((await ok("diff", "busybox", "differing")).split("\n")).toEqual([
      "C /etc",
      "A /etc/group",
      "C /etc/passwd",
      "D /new",
      "C /root",
    ]);
    expect((await pw("diff", "no-such")).stderr).toBe("Error: no-such not found: layer not known\n");
    await ok("rm", "differs");
    await ok("rmi", "differing");
  });

  const seenOutside = rootOnly("what a user mounts is seen in the user's mount namespace alone");
  seenOutside.test(
    "mount shows a container's files on the host through starts and stops, until unmount",
    async () => {
      const id = await ok("create", "busybox", "sh", "-c", "echo x > /written; sleep 1000");
      const path = await ok("mount", id);
      writeFileSync(join(path, "given"), "by the host");
      expect(await ok("mount")).toBe(`${id.slice(0, 12)}  ${path}`);
      await ok("start", id);
      expect(await ok("exec", id, "cat", "/given")).toBe("by the host");
      await ok("stop", "-t0", id);
      expect(readFileSync(join(path, "written"), "utf8")).toBe("x\n");
      await ok("cp", `${path}/given`, `${id}:/copied`);
      expect(readFileSync(join(path, "copied"), "utf8")).toBe("by the host");
      expect(await ok("unmount", id)).toBe(id);
      expect([existsSync(path), await ok("mount")]).toEqual([false, ""]);
      await ok("mount", id);
      await ok("rm", id);
      await expectAsBefore(engine, before);
    },
  );

  test("a killed copy leaves nothing once the container has gone", async () => {
    const id = await ok("create", "busybox");
    const child = Bun.spawn([...engine.argv, "cp", "-", `${id}:/tmp`], { stdin: "pipe", stderr: "ignore" });
    void child.stdin.write(Buffer.alloc(512));
    await Bun.sleep(300);
    child.kill(9);
    await child.exited;
    await ok("start", id);
    await ok("rm", "-f", "-t0", id);
    await expectAsBefore(engine, before);
  });
});

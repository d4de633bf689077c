/** Volumes that live as long as their pod: on disk, in memory, and files that nobody can change. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { PodVolume } from "../../packages/spec/src/engine-api/pods.ts";
import { openEngine } from "./engine.ts";
import { expectAsBefore, expectCleanEnd, type HostState } from "./host-state.ts";
import { type InProcess, inProcess } from "./in-process.ts";
import { asSeenInside } from "./user.ts";
import { warmUp } from "./warm-up.ts";

const engine = openEngine();
const { ok, pw, json } = engine;
let before: HostState;
let inner: InProcess;

beforeAll(async () => {
  before = await warmUp(engine);
  inner = inProcess(engine);
});

afterEach(async () => {
  await pw("pod", "rm", "-f", "-t", "0", "-a");
  await expectAsBefore(engine, before);
});

afterAll(() => expectCleanEnd(engine, before));

const SLEEP = ["sleep", "1000"];
const data = (text: string): string => Buffer.from(text).toString("base64");
const mount = (source: string, destination: string, options: readonly string[] = []) =>
  ({ kind: "pod-volume", source, destination, options }) as const;
const sh = (name: string, script: string) => ok("exec", name, "sh", "-c", script);

describe("a pod's own volumes", () => {
  const volumes: readonly PodVolume[] = [
    { name: "disk", content: { kind: "directory" } },
    { name: "ram", content: { kind: "memory", size: 1 << 20 } },
    {
      name: "conf",
      content: {
        kind: "files",
        files: [
          { path: "plain", mode: 0o644, data: data("hello") },
          { path: "deep/er/secret", mode: 0o400, data: data("s3cret") },
          { path: "run.sh", mode: 0o777, data: data("#!/bin/sh\necho ran\n") },
          { path: "..data-is-fine", mode: 0o600, data: data("x") },
        ],
      },
    },
  ];
  const mounts = [mount("disk", "/disk"), mount("ram", "/ram"), mount("conf", "/conf", ["rw"])];

  test("are shared by the members; files have their modes and are nobody's to change", async () => {
    const id = await inner.pod("vols", { volumes });
    const umask = process.umask(0o077);
    await inner.member("vols", SLEEP, { flags: ["--name", "one"], mounts });
    await inner.member("vols", SLEEP, { flags: ["--name", "two", "--user", "1000:1000"], mounts });
    await inner.start("vols");
    process.umask(umask);
    await sh("two", "echo from-two >/disk/note && echo ram >/ram/note");
    expect(await sh("one", "cat /disk/note /ram/note /conf/plain /conf/deep/er/secret; /conf/run.sh")).toBe(
      "from-two\nram\nhellos3cretran",
    );
    expect(
      await sh("one", "cd /conf && stat -c '%a %u:%g %n' . plain deep deep/er deep/er/secret run.sh"),
    ).toBe(
      [
        "755 0:0 .",
        "644 0:0 plain",
        "755 0:0 deep",
        "755 0:0 deep/er",
        "400 0:0 deep/er/secret",
        "777 0:0 run.sh",
      ].join("\n"),
    );
    expect(await sh("one", "stat -c %a /disk /ram")).toBe("777\n777");
    expect((await pw("exec", "two", "cat", "/conf/deep/er/secret")).code).not.toBe(0);
    const changes = ["rm /conf/plain", "ln -s /etc/passwd /conf/link", "mkdir /conf/x", "echo >/conf/plain"];
    for (const change of changes) {
      const { code, stderr } = await pw("exec", "one", "sh", "-c", change);
      expect([change, code, stderr]).toEqual([change, 1, expect.stringContaining("Read-only file system")]);
    }
    expect(
      (await pw("exec", "two", "dd", "if=/dev/zero", "of=/ram/big", "bs=1M", "count=2")).stderr,
    ).toContain("No space left");
    const shown = (await json("inspect", "one")) as readonly {
      Mounts: readonly { Type: string; Source: string }[];
    }[];
    expect(shown[0]?.Mounts.map(({ Type, Source }) => [Type, Source])).toContainEqual([
      "bind",
      join(engine.root, "pods", id, "volumes", "disk"),
    ]);
  });

  test("on disk outlast a stop; those in memory are made anew", async () => {
    await inner.pod("vols", { volumes });
    const flags = ["--name", "one", "--privileged"];
    await inner.member("vols", SLEEP, { flags, mounts });
    await inner.start("vols");
    await sh("one", "echo a >/disk/note; echo b >/ram/note");
    // A privileged member can take back the read-only flag of its own mount; the file system stays as it is.
    await pw("exec", "one", "mount", "-o", "remount,bind,rw", "/conf");
    expect((await pw("exec", "one", "rm", "/conf/plain")).stderr).toContain("Read-only");
    await ok("pod", "stop", "-t", "0", "vols");
    await ok("pod", "start", "vols");
    expect(await sh("one", "cat /disk/note /conf/plain; ls /ram")).toBe("a\nhello");
  });

  test("go with the pod, also when it never started", async () => {
    const id = await inner.pod("vols", { volumes });
    await inner.member("vols", SLEEP, { mounts });
    await inner.start("vols");
    const sandbox = asSeenInside(join(engine.runRoot, "sandboxes", id));
    expect(readdirSync(join(sandbox, "volumes")).sort()).toEqual(["conf", "ram"]);
    await ok("pod", "rm", "-f", "-t", "0", "vols");
    expect(existsSync(join(engine.root, "pods", id))).toBe(false);
    expect(existsSync(sandbox)).toBe(false);
  });

  test("are refused with a path that leads out, a name that is none, and under an unknown name", async () => {
    const files = (path: string): PodVolume[] => [
      { name: "v", content: { kind: "files", files: [{ path, mode: 0o644, data: "" }] } },
    ];
    for (const path of ["../x", "/etc/x", "a/../../x", "a//b", "", "a/", ".", "..", "a\0b"]) {
      await expect(inner.pod("bad", { volumes: files(path) })).rejects.toThrow("invalid path of a file");
    }
    await expect(
      inner.pod("bad", { volumes: [{ name: "../v", content: { kind: "directory" } }] }),
    ).rejects.toThrow("invalid name of a pod volume");
    await inner.pod("vols", { volumes });
    await expect(inner.member("vols", SLEEP, { mounts: [mount("other", "/x")] })).rejects.toThrow(
      "other: the pod has no volume of that name",
    );
  });

  test("belong to fsGroup, and so does a named volume", async () => {
    await inner.pod("vols", { volumes: volumes.map((volume) => ({ ...volume, fsGroup: 2000 })) });
    await ok("volume", "create", "named");
    await ok(
      "run",
      "--rm",
      "-v",
      "named:/n",
      "busybox",
      "sh",
      "-c",
      "mkdir -p /n/sub && touch /n/sub/f && chmod 600 /n/sub/f",
    );
    const named = {
      kind: "volume",
      source: "named",
      destination: "/named",
      options: [],
      fsGroup: 2000,
    } as const;
    const flags = ["--name", "one", "--user", "1000:1000", "--group-add", "2000"];
    await inner.member("vols", SLEEP, { flags, mounts: [...mounts, named] });
    await inner.start("vols");
    expect(
      await sh(
        "one",
        "stat -c '%a %g' /disk /ram /conf /conf/deep /conf/deep/er/secret /named /named/sub /named/sub/f",
      ),
    ).toBe(
      [
        "2777 2000",
        "2777 2000",
        "2755 2000",
        "2755 2000",
        "440 2000",
        "2775 2000",
        "2775 2000",
        "660 2000",
      ].join("\n"),
    );
    expect(
      await sh(
        "one",
        "cat /conf/deep/er/secret; touch /named/sub/new /disk/new; stat -c %g /named/sub/new /disk/new",
      ),
    ).toBe("s3cret2000\n2000");
    await ok("pod", "rm", "-f", "-t", "0", "vols");
    await ok("volume", "rm", "named");
  });

  test("can be mounted in part, and no link of a member leads the part elsewhere", async () => {
    await inner.pod("vols", { volumes });
    const part = (source: string, destination: string, subPath: string) => ({
      ...mount(source, destination),
      subPath,
    });
    await inner.member("vols", SLEEP, {
      flags: ["--name", "one"],
      mounts: [
        mount("disk", "/disk"),
        part("disk", "/new", "made/here"),
        part("conf", "/etc/plain", "plain"),
      ],
    });
    await inner.start("vols");
    expect(await sh("one", "touch /new/x; ls /disk/made/here; cat /etc/plain")).toBe("x\nhello");
    await sh("one", "mkdir /disk/etc; touch /disk/etc/inside; ln -s ../../../../../etc /disk/escape");
    await sh("one", "ln -s /nowhere /disk/dangling");
    await inner.member("vols", SLEEP, {
      flags: ["--name", "two"],
      mounts: [part("disk", "/x", "escape")],
    });
    await inner.start("vols");
    // Links lead within the volume.
    expect(await sh("two", "ls /x")).toBe("inside");
    await inner.member("vols", SLEEP, {
      flags: ["--name", "three"],
      mounts: [part("disk", "/x", "dangling")],
    });
    await expect(inner.start("vols")).rejects.toThrow("subpath dangling of disk: not a directory");
    await ok("rm", "three");
    await inner.member("vols", SLEEP, {
      flags: ["--name", "three"],
      mounts: [part("conf", "/x", "missing")],
    });
    await expect(inner.start("vols")).rejects.toThrow("subpath missing of conf: no such file or directory");
    const named = {
      kind: "volume",
      source: "named",
      destination: "/named",
      options: [],
      subPath: "a/b",
    } as const;
    await ok("rm", "three");
    await inner.member("vols", SLEEP, { flags: ["--name", "four"], mounts: [named] });
    await inner.start("vols");
    await sh("four", "touch /named/f");
    expect(await ok("run", "--rm", "-v", "named:/n", "busybox", "ls", "/n/a/b")).toBe("f");
    await ok("pod", "rm", "-f", "-t", "0", "vols");
    await ok("volume", "rm", "named");
  });
});

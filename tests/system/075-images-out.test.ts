/** Images of one's own: commit, save, push to registries with and without a password, and back again. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execute, host, makeOwn, openEngine, setting, workDirectory } from "./engine.ts";
import { expectCleanEnd, type HostState } from "./host-state.ts";
import { rootOnly } from "./user.ts";
import { waitFor } from "./waiting.ts";
import { warmUp } from "./warm-up.ts";

const engine = openEngine("outgoing");
const { ok, pw, run, json } = engine;
const REGISTRY = setting("REGISTRY");
const LOCKED = "127.0.0.1:5998";
const work = workDirectory("out-");
const authFile = join(work, "auth.json");
let before: HostState;
let locked: { kill: () => void; exited: Promise<number> };

beforeAll(async () => {
  locked = await startLockedRegistry();
  before = await warmUp(engine, "busybox", "layers");
});

afterAll(async () => {
  await ok("rmi", "-f", "-a");
  await ok("pull", "-q", "busybox");
  await ok("pull", "-q", "layers");
  await expectCleanEnd(engine, before);
  locked.kill();
  await locked.exited;
});

async function startLockedRegistry(): Promise<{ kill: () => void; exited: Promise<number> }> {
  const hash = Bun.password.hashSync("secret", { algorithm: "bcrypt", cost: 4 });
  writeFileSync(join(work, "htpasswd"), `me:${hash}\n`);
  const config = `version: 0.1
storage: {filesystem: {rootdirectory: ${work}/registry}}
http: {addr: "${LOCKED}"}
auth: {htpasswd: {realm: test, path: ${work}/htpasswd}}
`;
  writeFileSync(join(work, "registry.yml"), config);
  const argv = [setting("REGISTRY_PROGRAM"), "serve", join(work, "registry.yml")];
  const server = Bun.spawn(argv, { stdin: "ignore", stdout: "ignore", stderr: "ignore" });
  await waitFor("the registry", async () => {
    const up = await fetch(`http://${LOCKED}/v2/`).catch(() => undefined);
    return up?.status === 401 || undefined;
  });
  return server;
}

const look = (image: string): Promise<string> => ok("run", "--rm", "--entrypoint", "sh", image, "-c", LOOK);

const idOf = (image: string): Promise<string> => ok("image", "inspect", "-f", "{{.Id}}", image);

const CHANGE = `
  echo hello > /new; ln /new /new-too; ln -s new /link; chown 12:34 /new; chmod 4750 /new; mkfifo /pipe
  rm /etc/hostname.gone 2>/dev/null; rm -r /l/opaque; mkdir /l/opaque; touch /l/opaque/mine; rm -r /l/kept; mkdir /empty`;
const LOOK = `
  cat /new /link; stat -c '%u:%g %a %h' /new; test -p /pipe && echo pipe; ls /l/opaque; ls -d /empty; test -e /l/kept || echo gone`;
const SEEN = ["hello", "hello", "12:34 4750 2", "pipe", "mine", "/empty", "gone"].join("\n");

describe("commit", () => {
  test("the new image shows what was changed, deleted and by whom; its parent is the old one", async () => {
    await ok("run", "--name", "changed", "--entrypoint", "sh", "layers", "-c", CHANGE);
    const id = await ok(
      "commit",
      "-q",
      "-a",
      "me",
      "-c",
      "ENV A=b c",
      "-c",
      'ENTRYPOINT ["cat"]',
      "-c",
      'CMD ["/new"]',
      "changed",
      "mine:1",
    );
    expect(id).toMatch(/^[0-9a-f]{64}$/);
    expect(await look("mine:1")).toBe(SEEN);
    // What it runs by default is what the container ran, but for what --change says.
    expect(await ok("run", "--rm", "mine:1")).toBe("hello");
    const [image] = (await json("image", "inspect", "mine:1")) as readonly {
      Author: string;
      Parent: string;
      Config: { Env: readonly string[]; Cmd: readonly string[] };
    }[];
    expect(image).toMatchObject({ Author: "me", Parent: await idOf("layers") });
    expect(image?.Config.Env).toContain("A=b c");
    expect((await ok("history", "mine:1")).split("\n").length).toBe(2 + (await historyOf("layers")));
    await ok("rm", "changed");
  });

  test("--squash leaves one layer, --format docker takes a message, oci refuses it", async () => {
    await ok("run", "--name", "flat", "--entrypoint", "sh", "layers", "-c", CHANGE);
    expect((await pw("commit", "-m", "why", "flat", "no")).stderr).toBe(
      "Error: messages are only compatible with the docker image format (-f docker)\n",
    );
    await ok("commit", "-q", "-s", "-f", "docker", "-m", "why", "flat", "flat:1");
    expect(await ok("image", "inspect", "-f", "{{.Comment}} {{len .RootFS.Layers}}", "flat:1")).toBe("why 1");
    expect(await look("flat:1")).toBe(SEEN);
    await ok("rm", "flat");
    await ok("rmi", "flat:1");
  });

  const pausing = rootOnly("no cgroup is delegated to the user: nothing pauses");
  pausing.test(
    "a running container stands still while --pause reads it, and goes on when the command is killed",
    async () => {
      const loop =
        "dd if=/dev/urandom of=/bulk bs=1M count=64 2>/dev/null; while :; do echo x >> /count; done";
      await ok("run", "-d", "--name", "busy", "busybox", "sh", "-c", loop);
      await waitFor(
        "the loop",
        async () => (await pw("exec", "busy", "test", "-s", "/count")).code === 0 || undefined,
      );
      await ok("commit", "-q", "--pause", "busy", "busy:1");
      await expectRunning("busy");
      const pid = await pidOf("busy");
      const command = Bun.spawn([...engine.argv, "commit", "-q", "--pause", "busy", "busy:2"], {
        stdout: "ignore",
        stderr: "ignore",
      });
      await waitFor("the pause", () => frozen(pid));
      command.kill(9);
      await command.exited;
      await expectRunning("busy");
      expect((await pw("image", "exists", "busy:2")).code).toBe(1);
      await ok("rm", "-f", "-t", "0", "busy");
      await ok("rmi", "busy:1");
    },
  );
});

async function historyOf(image: string): Promise<number> {
  return ((await json("history", "--format", "json", image)) as readonly unknown[]).length;
}

const pidOf = (name: string): Promise<string> => ok("inspect", "-f", "{{.State.Pid}}", name);

/** Read from outside, for a paused container answers no exec; and quickly, for a commit takes no time. */
async function frozen(pid: string): Promise<true | undefined> {
  const count = (): number => statSync(`/proc/${pid}/root/count`).size;
  const first = count();
  await Bun.sleep(20);
  return count() === first || undefined;
}

async function expectRunning(name: string): Promise<void> {
  const pid = await pidOf(name);
  await waitFor("the container to go on", async () => (await frozen(pid)) === undefined || undefined);
}

describe("save and load", () => {
  test.each(["docker-archive", "oci-archive", "docker-dir", "oci-dir"])("%s keeps the id", async (format) => {
    const id = await idOf("mine:1");
    const output = join(work, format);
    await ok("save", "-q", "--format", format, "-o", output, "mine:1");
    await ok("rmi", "mine:1");
    const loaded = (await ok("load", "-q", "-i", output)).replace("Loaded image: ", "");
    expect(await idOf(loaded)).toBe(id);
    if (format === "docker-dir") await ok("tag", id, "mine:1");
    expect(await look("mine:1")).toBe(SEEN);
  });

  test("through a pipe, several images at once; skopeo reads the same", async () => {
    const archive = join(work, "both.tar");
    const piped = await execute([
      "sh",
      "-c",
      `"$@" | cat > ${archive}`,
      "sh",
      ...engine.argv,
      "save",
      "-m",
      "mine:1",
      "busybox",
    ]);
    expect(piped).toMatchObject({ code: 0, stderr: "" });
    const raw = await host("skopeo", "inspect", "--raw", `docker-archive:${archive}:localhost/mine:1`);
    expect((JSON.parse(raw) as { config: { digest: string } }).config.digest).toBe(
      `sha256:${await idOf("mine:1")}`,
    );
    expect(await ok("load", "-q", "-i", archive)).toBe(
      "Loaded image: localhost/mine:1\nLoaded image: docker.io/library/busybox:latest",
    );
  });

  test("what fails leaves no file", async () => {
    const chain = readdirSync(join(engine.root, "layers")).find((name) => /^[0-9a-f]{64}$/.test(name)) ?? "";
    expect([
      ["diff", "skeleton"],
      ["layer.erofs", "layer.tar"],
    ]).toContainEqual(readdirSync(join(engine.root, "layers", chain)).sort());
    expect((await pw("save", "-o", join(work, "nothing.tar"), "no-such-image")).stderr).toBe(
      "Error: no-such-image: image not known\n",
    );
    expect(readdirSync(work).filter((name) => name.includes("nothing"))).toEqual([]);
  });
});

describe("login, push, search", () => {
  test("credentials are tried, kept for their owner, used, and forgotten", async () => {
    const login = (...more: readonly string[]) =>
      pw("login", "--tls-verify=false", "--authfile", authFile, "-u", "me", ...more, LOCKED);
    expect((await login("-p", "wrong")).stderr).toBe(
      `Error: logging into "${LOCKED}": invalid username/password\n`,
    );
    const args = [
      "login",
      "--tls-verify=false",
      "--authfile",
      authFile,
      "-u",
      "me",
      "--password-stdin",
      LOCKED,
    ];
    expect(await run(args, { stdin: "secret\n" })).toMatchObject({
      code: 0,
      stdout: "Login Succeeded!\n",
      stderr: "",
    });
    expect(statSync(authFile).mode & 0o777).toBe(0o600);
    expect(await ok("login", "--get-login", "--authfile", authFile, LOCKED)).toBe("me");
    const again = await ok("login", "--tls-verify=false", "--authfile", authFile, LOCKED);
    expect(again).toContain(`Existing credentials are valid. Already logged in to ${LOCKED}`);
  });

  test("push sends each layer once; what comes back is the same image", async () => {
    const id = await idOf("mine:1");
    const open = `${REGISTRY}/team/mine:1`;
    await ok("push", "-q", "--tls-verify=false", "mine:1", open);
    const there = `${LOCKED}/team/mine:1`;
    expect((await pw("push", "--tls-verify=false", "mine:1", there)).stderr).toContain(
      "authentication required",
    );
    const digestFile = join(work, "digest");
    const pushed = await pw(
      "push",
      "--tls-verify=false",
      "--authfile",
      authFile,
      "--digestfile",
      digestFile,
      "mine:1",
      there,
    );
    expect(pushed).toMatchObject({ code: 0, stdout: "" });
    expect(pushed.stderr).toEndWith("Writing manifest to image destination\n");
    const inspect = await host(
      "skopeo",
      "inspect",
      "--tls-verify=false",
      "--creds",
      "me:secret",
      `docker://${there}`,
    );
    expect((JSON.parse(inspect) as { Digest: string }).Digest).toBe(readFileSync(digestFile, "utf8"));
    await ok("rmi", "mine:1");
    await ok("pull", "-q", "--tls-verify=false", open);
    expect(await idOf(open)).toBe(id);
    expect(await look(open)).toBe(SEEN);
  });

  test("search finds by name, lists tags, and needs the password", async () => {
    const search = (...more: readonly string[]) =>
      pw("search", "--tls-verify=false", "--authfile", authFile, ...more, `${LOCKED}/mine`);
    const found = await search();
    expect(found.stdout.split("\n").map((line) => line.trim())).toEqual([
      expect.stringMatching(/^NAME +DESCRIPTION$/),
      `${LOCKED}/team/mine`,
      "",
    ]);
    const tags = await ok(
      "search",
      "--tls-verify=false",
      "--authfile",
      authFile,
      "--list-tags",
      `${LOCKED}/team/mine`,
    );
    expect(tags.split("\n")[1]?.split(/ +/)).toEqual([`${LOCKED}/team/mine`, "1"]);
    expect(await ok("logout", "--authfile", authFile, LOCKED)).toBe(
      `Removed login credentials for ${LOCKED}`,
    );
    expect(await search()).toMatchObject({ code: 125, stdout: "" });
    expect((await pw("logout", "--authfile", authFile, LOCKED)).stderr).toBe(
      `Error: not logged into ${LOCKED}\n`,
    );
  });

  test("what does not work is refused by name", async () => {
    for (const flag of ["--sign-by=me", "--encryption-key=k", "--sign-by-sigstore=f"]) {
      const { code, stderr } = await pw("push", flag, "busybox", `dir:${work}/signed`);
      expect([code, stderr]).toEqual([125, `Error: ${flag.split("=")[0]} is not supported\n`]);
    }
    makeOwn(join(work, "plain"));
    await ok("push", "-q", "--remove-signatures", "busybox", `dir:${work}/plain`);
    expect(readdirSync(join(work, "plain"))).toContain("manifest.json");
  });
});

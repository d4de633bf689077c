/** Archives of an overlay's upper directory, on the kernel's own overlayfs. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { DirectorySink } from "./directory-sink.ts";
import { LockedStaging } from "./staging.ts";
import { TreeTar } from "./tree-tar.ts";

const UNPACK = [
  process.execPath,
  `${import.meta.dir}/../../../testing/internal-main.ts`,
  "internal",
  "unpack-layer",
];

let root: string;
beforeEach(() => {
  root = mkdtempSync("/tmp/podwright-tree-");
  for (const name of ["lower", "upper", "work", "merged"]) mkdirSync(`${root}/${name}`);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Runs a script on the mounted overlay, in a mount namespace of its own. */
function onOverlay(script: string): string {
  const options = `lowerdir=${root}/lower,upperdir=${root}/upper,workdir=${root}/work`;
  const all = `set -e; mount -t overlay overlay -o ${options} ${root}/merged; cd ${root}/merged; ${script}`;
  const done = Bun.spawnSync(["unshare", "-m", "--propagation", "private", "sh", "-c", all]);
  if (done.exitCode !== 0) throw new Error(done.stderr.toString());
  return done.stdout.toString();
}

const LIST = `find . -printf '%p %y %m %U %G %s %T@ %l\\n' | sed 's/^\\(\\S* d \\S* \\S* \\S*\\) [0-9]*/\\1/' | sort`;

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of chunks) parts.push(part);
  return Buffer.concat(parts);
}

test("the changes, as a layer over the same image, show the same tree", async () => {
  mkdirSync(`${root}/lower/gone/deep`, { recursive: true });
  mkdirSync(`${root}/lower/replaced`);
  for (const name of ["gone/deep/f", "replaced/old", "kept", "removed", "changed"])
    writeFileSync(`${root}/lower/${name}`, name);
  const before = onOverlay(`
    rm -r gone removed; rm -r replaced; mkdir replaced; echo new > replaced/new; echo more >> changed
    echo data > a; ln a b; ln -s /somewhere link; mkfifo pipe; mknod dev c 1 7; chmod 4711 a; chown 12:3000000 kept
    truncate -s 3M sparse; printf x > "$(printf 'odd \\377 name')"; mkdir -p ${"n".repeat(90)}/${"m".repeat(90)}
    touch -d '1969-12-31 23:59:58.25 UTC' old; touch -d '2031-01-01 00:00:00.123456789 UTC' a
    python3 -c 'import os; os.setxattr("changed", "user.colour", b"red"); os.setxattr("a", "security.capability", bytes.fromhex("0100000200040000000000000000000000000000")); s = __import__("socket").socket(1); s.bind("sock")'
    rm sock; chmod 711 .; ${LIST}`);
  const tar = await collect(new TreeTar().changes(`${root}/upper`));
  const sink = new DirectorySink(root, new LockedStaging(root), UNPACK);
  async function* chunks(): AsyncGenerator<Uint8Array> {
    yield tar;
  }
  await using staged = await sink.stage({ name: "test", chunks: chunks() });
  const chainId = createHash("sha256").update(tar).digest("hex");
  await staged.commit(chainId, "");
  rmSync(`${root}/upper`, { recursive: true });
  renameSync(sink.directory(chainId), `${root}/upper`);
  const after = onOverlay(LIST);
  expect(after).toBe(before);
  expect(
    onOverlay("stat -c %h a b; getfattr --absolute-names -d -m- changed a 2>/dev/null || true"),
  ).toContain("2\n2\n");
  const attribute = onOverlay(
    `python3 -c 'import os; print(os.getxattr("changed", "user.colour"), len(os.getxattr("a", "security.capability")))'`,
  );
  expect(attribute).toBe("b'red' 20\n");
});

test("a symlink in a directory's place leads nowhere, and a name that means a deletion is refused", async () => {
  mkdirSync(`${root}/outside`);
  writeFileSync(`${root}/outside/secret`, "secret of the host");
  symlinkSync(`${root}/outside`, `${root}/upper/dir`);
  const tar = await collect(new TreeTar().changes(`${root}/upper`));
  expect(tar.toString("latin1")).not.toContain("secret of the host");
  writeFileSync(`${root}/upper/.wh.evil`, "");
  await expect(collect(new TreeTar().changes(`${root}/upper`))).rejects.toThrow(
    '".wh.evil" cannot be part of a layer: its name means a deletion',
  );
});

test("while files come, grow and go, the archive stays whole", async () => {
  const upper = `${root}/upper`;
  for (let n = 0; n < 50; n++) writeFileSync(`${upper}/f${n}`, "x".repeat(200_000));
  let turn = 0;
  const parts: Uint8Array[] = [];
  for await (const part of new TreeTar().changes(upper)) {
    parts.push(part);
    turn += 1;
    rmSync(`${upper}/f${turn + 20}`, { force: true });
    writeFileSync(`${upper}/f${turn + 30}`, turn % 2 === 0 ? "short" : "y".repeat(400_000));
  }
  const listed = Bun.spawnSync(["tar", "tf", "-"], { stdin: Buffer.concat(parts) });
  expect([listed.exitCode, listed.stderr.toString()]).toEqual([0, ""]);
  expect(readFileSync(`${upper}/f0`, "utf8").length).toBe(200_000);
});

test("what overlayfs borrows from another layer is refused", async () => {
  mkdirSync(`${root}/upper/moved`);
  Bun.spawnSync([
    "python3",
    "-c",
    `import os; os.setxattr("${root}/upper/moved", "trusted.overlay.redirect", b"/x")`,
  ]);
  await expect(collect(new TreeTar().changes(`${root}/upper`))).rejects.toThrow("reference to another layer");
});

/** What overlayfs' layers say of changes, compared with what the kernel shows of the merged tree. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import type { OpenLayer } from "../../../ports/layer-mounts.ts";
import { OverlayChanges } from "./layer-changes.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync("/tmp/podwright-changes-");
  for (const name of ["low", "mid", "up", "work", "merged"]) mkdirSync(`${root}/${name}`);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Runs a script on the mounted overlay, in a mount namespace of its own. */
function onOverlay(lower: readonly string[], upper: string, script: string): void {
  rmSync(`${root}/work`, { recursive: true });
  mkdirSync(`${root}/work`);
  const lowers = lower.map((name) => `${root}/${name}`).join(":");
  const options = `lowerdir=${lowers},upperdir=${root}/${upper},workdir=${root}/work`;
  const all = `set -e; mount -t overlay overlay -o ${options} ${root}/merged; cd ${root}/merged; ${script}`;
  const done = Bun.spawnSync(["unshare", "-m", "--propagation", "private", "sh", "-c", all]);
  if (done.exitCode !== 0) throw new Error(done.stderr.toString());
}

const LETTERS = { added: "A", changed: "C", deleted: "D" } as const;
function between(now: readonly string[], before: readonly string[]): string[] {
  using open = new DisposableStack();
  const layer = (name: string): OpenLayer => {
    const fd = openSync(`${root}/${name}`, "r");
    open.defer(() => closeSync(fd));
    return { id: name, fd };
  };
  return new OverlayChanges()
    .between(now.map(layer), before.map(layer))
    .map(({ kind, path: changed }) => `${LETTERS[kind]} ${changed}`);
}

test("added, changed, deleted; a directory made anew hides what was in it", () => {
  for (const directory of ["etc", "gone/deep", "anew", "kept"])
    mkdirSync(`${root}/low/${directory}`, { recursive: true });
  for (const file of ["etc/passwd", "etc/group", "gone/deep/f", "anew/old", "anew/both", "kept/f", "type"])
    writeFileSync(`${root}/low/${file}`, file);
  onOverlay(["low"], "mid", "rm etc/group; rm -r anew; mkdir anew; echo x > anew/both; echo x > anew/new");
  onOverlay(
    ["mid", "low"],
    "up",
    "rm -r gone; echo x >> etc/passwd; mkdir -p a/b; echo x > a/b/c; rm type; mkdir type; echo x > type/in; chmod 700 kept",
  );
  expect(between(["up", "mid", "low"], ["mid", "low"])).toEqual([
    "A /a",
    "A /a/b",
    "A /a/b/c",
    "C /etc",
    "C /etc/passwd",
    "D /gone",
    "C /kept",
    "C /type",
    "A /type/in",
  ]);
  expect(between(["mid", "low"], ["low"])).toEqual([
    "C /anew",
    "C /anew/both",
    "A /anew/new",
    "D /anew/old",
    "C /etc",
    "D /etc/group",
  ]);
  expect(between(["mid", "low"], ["up", "mid", "low"])).toEqual([
    "D /a",
    "C /etc",
    "C /etc/passwd",
    "A /gone",
    "A /gone/deep",
    "A /gone/deep/f",
    "C /kept",
    "C /type",
  ]);
  expect(between(["low"], ["low"])).toEqual([]);
});

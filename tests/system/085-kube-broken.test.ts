/** Every manifest of the table of broken ones, by the built binary: place, message and hint; nothing changes on the host. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { BROKEN_MANIFESTS, type BrokenManifest } from "../../packages/engine/testing/broken-manifests.ts";
import { openEngine, workDirectory } from "./engine.ts";
import { expectAsBefore, expectCleanEnd, type HostState, hostState } from "./host-state.ts";
import { warmUp } from "./warm-up.ts";

const engine = openEngine("shared", { limitsLetGo: true });
const { ok, pw } = engine;
const directory = workDirectory("broken-");
const manifests = BROKEN_MANIFESTS.map((manifest, index) => ({ manifest, path: write(manifest, index) }));
let before: HostState;

function write({ yaml }: BrokenManifest, index: number): string {
  const path = join(directory, `${String(index).padStart(3, "0")}.yaml`);
  writeFileSync(path, yaml);
  return path;
}

/** Names that clash, with one another or with what is there, mean the same file; planning comes after all reading. */
function isAlone({ stage, errors }: BrokenManifest): boolean {
  return stage === "plan" || errors.some(({ hint }) => hint?.includes("$SOURCE"));
}

/** As it is printed, without the excerpt. */
function expectedErrors({ errors }: BrokenManifest, path: string): readonly string[] {
  return errors.flatMap(({ at, path: field, message, hint }) => [
    `${path}:${at}: error: ${message}${field === "" ? "" : ` in ${field}`}`,
    ...(hint === undefined ? [] : [`  hint: ${hint.replace("$SOURCE", path)}`]),
  ]);
}

/** Errors and their hints of one file; warnings and excerpts are left out, and that other files have such objects too. */
function printedErrors(stderr: string, path: string): readonly string[] {
  const errors: string[][] = [];
  let mine = false;
  for (const line of stderr.split("\n")) {
    const head = /^(\S+\.yaml):\d+:\d+: (error|warning): /.exec(line);
    if (head !== null) mine = head[1] === path && head[2] === "error";
    if (mine && head !== null) errors.push([line]);
    else if (mine && line.startsWith("  hint: ")) errors.at(-1)?.push(line);
  }
  const elsewhere = (hint = ""): boolean =>
    /^ {2}hint: the first is in .*\.yaml:/.test(hint) && !hint.includes(path);
  return errors.filter(([, hint]) => !elsewhere(hint)).flat();
}

/** The line that is shown is the manifest's, with the caret below the place. */
function checkExcerpts(stderr: string, { yaml }: BrokenManifest, path: string): void {
  const text = yaml.split("\n");
  const lines = stderr.split("\n");
  for (const [index, line] of lines.entries()) {
    const [, row, column] = new RegExp(`^${path}:(\\d+):(\\d+): error`).exec(line) ?? [];
    const shown = lines[index + 1] ?? "";
    if (row === undefined || !/^ +\d+ \| /.test(shown)) continue;
    expect(shown.trimEnd()).toBe(`${row.padStart(5)} | ${text[Number(row) - 1]}`.trimEnd());
    expect(lines[index + 2]?.replaceAll("\t", " ")).toBe(
      `${" ".repeat(5)} | ${" ".repeat(Number(column) - 1)}^`,
    );
  }
}

beforeAll(async () => {
  await warmUp(engine);
  before = await hostState(engine);
});

afterAll(() => expectCleanEnd(engine, before));

describe("broken manifests", () => {
  test("those that do not read well: all of them at once", async () => {
    const read = manifests.filter(({ manifest }) => !isAlone(manifest));
    expect(read.length).toBeGreaterThan(40);
    const { code, stdout, stderr } = await pw("kube", "play", ...read.map(({ path }) => path));
    expect([code, stdout]).toEqual([125, ""]);
    for (const { manifest, path } of read) {
      expect([manifest.name, printedErrors(stderr, path)]).toEqual([
        manifest.name,
        expectedErrors(manifest, path),
      ]);
      checkExcerpts(stderr, manifest, path);
    }
    expect(stderr).toMatch(/\nError: \d+ errors in .*\.yaml, /);
    await expectAsBefore(engine, before);
  });

  const planned = manifests.filter(({ manifest }) => isAlone(manifest));
  test.each(planned.map(({ manifest, path }) => [manifest.name, manifest, path] as const))(
    "each by itself: %s",
    async (_name, manifest, path) => {
      const first = manifest.before ?? [];
      for (const command of first) await ok(...command.split(" "));
      const during = await hostState(engine);
      const { code, stdout, stderr } = await pw("kube", "play", path);
      expect([code, stdout]).toEqual([125, ""]);
      expect(printedErrors(stderr, path)).toEqual(expectedErrors(manifest, path));
      const count = manifest.errors.length === 1 ? "1 error" : `${manifest.errors.length} errors`;
      expect(stderr).toEndWith(`Error: ${count} in ${path}\n`);
      await expectAsBefore(engine, during);
      if (first.length > 0) await ok("pod", "rm", "-a", "-f", "-t", "0");
    },
  );
});

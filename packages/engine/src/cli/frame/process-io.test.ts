/** The real streams of a real process: pipes that close, fill up or are not there. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PREAMBLE = `
import { createProcessIo } from "${import.meta.dir}/process-io.ts";
const nothing = { terminal: async () => { throw new Error(); }, files: async () => { throw new Error(); } };
const io = createProcessIo(process.env, { kind: "stdout" }, nothing);
`;

let directory = "";
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "podwright-io-"));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Runs `body` with `io` at hand, through a shell line in which `$RUN` starts it. */
async function run(body: string, shell = "$RUN"): Promise<{ stdout: string; stderr: string; code: number }> {
  const script = join(directory, "script.ts");
  writeFileSync(script, PREAMBLE + body);
  const child = Bun.spawn(["bash", "-o", "pipefail", "-c", shell], {
    cwd: directory,
    env: { ...process.env, RUN: `${process.execPath} ${script}`, TERM: "xterm", NO_COLOR: "" },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { stdout, stderr, code: await child.exited };
}

describe("createProcessIo()", () => {
  test("writes text and bytes to both streams", async () => {
    const body = `io.out("é\\n"); io.err("to stderr\\n"); io.out(new Uint8Array([255, 10])); process.exit(3);`;
    expect(await run(body, "$RUN | od -An -tx1")).toMatchObject({
      stdout: " c3 a9 0a ff 0a\n",
      stderr: "to stderr\n",
      code: 3,
    });
  });

  test("a reader that goes away ends the command with 141, without a word", async () => {
    const body = `
      import { exitCodeOf } from "${import.meta.dir}/../print/failures.ts";
      try { for (;;) io.out("x".repeat(100000)); } catch (error) { process.exit(exitCodeOf(error)); }`;
    expect(await run(body, "$RUN | head -c 1")).toEqual({ stdout: "x", stderr: "", code: 141 });
  });

  test("stderr without a reader does not stop the command", async () => {
    const body = `for (let i = 0; i < 100; i++) io.err("x".repeat(10000)); io.out("done\\n");`;
    expect(await run(body, "exec 3>&1; { $RUN 2>&1 >&3; } | true")).toMatchObject({ stdout: "done\n" });
  });

  test("a full pipe that does not block is waited for", async () => {
    const body = `
      import { dlopen } from "bun:ffi";
      const { symbols } = dlopen("libc.so.6", { fcntl: { args: ["int", "int", "int"], returns: "int" } });
      const [F_GETFL, F_SETFL, O_NONBLOCK] = [3, 4, 0o4000];
      symbols.fcntl(1, F_SETFL, symbols.fcntl(1, F_GETFL, 0) | O_NONBLOCK);
      io.out("x".repeat(300000));`;
    expect(await run(body, "$RUN | (sleep 0.3; wc -c)")).toMatchObject({ stdout: "300000\n", code: 0 });
  });

  test("a full device is an error", async () => {
    const { code, stderr } = await run(`io.out("x");`, "$RUN > /dev/full");
    expect(code).not.toBe(0);
    expect(stderr).toContain("ENOSPC");
  });

  test("says what is a terminal", async () => {
    const body = `io.err(JSON.stringify([io.stdinIsTty, io.stdoutIsTty, io.colour]) + "\\n");`;
    expect((await run(body, "$RUN < /dev/null")).stderr).toBe("[false,false,false]\n");
    const shown = await run(body, `script -qec "$RUN" /dev/null < /dev/null`);
    expect(shown.stdout).toContain("[true,true,true]");
    expect((await run(body, `NO_COLOR=1 script -qec "$RUN" /dev/null < /dev/null`)).stdout).toContain(
      "[true,true,false]",
    );
    expect((await run(`io.out(String(io.columns));`, "COLUMNS=132 $RUN")).stdout).toBe("132");
  });

  test("ask() takes one line and leaves the rest", async () => {
    const body = `
      const answer = await io.ask("Sure? ");
      io.out(JSON.stringify(answer) + JSON.stringify(await io.readStdin()));`;
    expect((await run(body, String.raw`printf 'yes\r\nmore\n' | $RUN`)).stdout).toBe(
      String.raw`Sure? "yes""more\n"`,
    );
    expect((await run(body, "$RUN < /dev/null")).stdout).toBe('Sure? """"');
  });

  test("interruptible() turns the first signal into an abort", async () => {
    const body = `
      const signal = io.interruptible();
      signal.addEventListener("abort", () => { io.out(signal.reason.message + "\\n"); process.exit(signal.reason.exitCode); });
      setInterval(() => {}, 1000);
      process.kill(process.pid, "SIGINT");`;
    expect(await run(body)).toMatchObject({ stdout: "interrupted by SIGINT\n", code: 130 });
  });

  test("--out and --noout", async () => {
    const file = join(directory, "out.txt");
    await run(`createProcessIo({}, { kind: "file", path: ${JSON.stringify(file)} }, nothing).out("kept");`);
    expect(readFileSync(file, "utf8")).toBe("kept");
    const body = `const none = createProcessIo({}, { kind: "discard" }, nothing); none.out("lost"); io.out(String(none.stdoutIsTty));`;
    expect((await run(body)).stdout).toBe("false");
    expect(
      (await run(`createProcessIo({}, { kind: "file", path: "/no/such/dir/x" }, nothing);`)).stderr,
    ).toContain('cannot open the output file "/no/such/dir/x"');
  });
});

import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { endFamily, killWithAll } from "./process-group.ts";

test("kills the whole group of a process that does not lead it", async () => {
  const leader = Bun.spawn(["setsid", "--wait", "sh", "-c", "sleep 60 & echo $!; wait; echo outlived"], {
    stdout: "pipe",
  });
  const reader = leader.stdout.getReader();
  const first = await reader.read();
  killWithAll(
    Number(
      Buffer.from(first.value ?? [])
        .toString()
        .trim(),
    ),
  );
  expect(await leader.exited).not.toBe(0);
  expect((await reader.read()).done).toBe(true);
});

test("kills that process alone which shares our group", async () => {
  const child = Bun.spawn(["sleep", "60"]);
  killWithAll(child.pid);
  await child.exited;
  expect(child.signalCode).toBe("SIGKILL");
});

test("what is no pid, and what has gone, is passed over", () => {
  for (const pid of [Number.NaN, 0, 1, -5, 2 ** 22 + 1]) expect(() => killWithAll(pid)).not.toThrow();
});

test("kills descendants that have opened a session of their own", async () => {
  const family = "setsid sh -c 'setsid sleep 60 & echo $!; wait' & wait";
  const parent = Bun.spawn(["setsid", "--wait", "sh", "-c", `echo $$; ${family}`], { stdout: "pipe" });
  const reader = parent.stdout.getReader();
  let text = "";
  while (text.trim().split("\n").length < 2)
    text += Buffer.from((await reader.read()).value ?? []).toString();
  const [root = 0] = text.trim().split("\n").map(Number);
  killWithAll(root);
  // The pipe ends with the last of them.
  expect((await reader.read()).done).toBe(true);
});

test("endFamily() spares who calls it from within, and ends the others", async () => {
  const path = JSON.stringify(`${import.meta.dir}/process-group.ts`);
  // The grandparent's other child is ended with it; the parent between the two is not.
  const inner = `import { endFamily } from ${path}; await endFamily(Number(process.argv[1])); console.log("still here");`;
  const script =
    'sleep 60 & echo $!; sh -c "\\"$1\\" -e \\"\\$2\\" $$; echo and here" x "$1" "$2"; echo not here';
  const child = Bun.spawn(["sh", "-c", script, "x", process.execPath, inner], { stdout: "pipe" });
  const text = await new Response(child.stdout).text();
  const [sleeper = "", ...rest] = text.trim().split("\n");
  expect(rest).toEqual(["still here", "and here"]);
  expect(
    existsSync(`/proc/${sleeper}/cmdline`) && readFileSync(`/proc/${sleeper}/cmdline`, "utf8"),
  ).toBeFalsy();
  expect(await child.exited).toBe(137);
});

test("endFamily() comes back when none of a family runs any more, and touches nobody else of its group", async () => {
  const script = "echo $$; setsid sh -c 'setsid sleep 60 & echo $!; wait' & wait";
  const parent = Bun.spawn(["sh", "-c", script], { stdout: "pipe" });
  const reader = parent.stdout.getReader();
  let text = "";
  while (text.trim().split("\n").length < 2)
    text += Buffer.from((await reader.read()).value ?? []).toString();
  const pids = text.trim().split("\n").map(Number);
  await endFamily(pids[0] ?? 0);
  const states = pids.map((pid) =>
    existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.[0] : "gone",
  );
  expect(states.filter((state) => state !== "gone" && state !== "Z")).toEqual([]);
  for (const pid of [Number.NaN, 0, 1, -5, 2 ** 22 + 1]) await endFamily(pid);
});

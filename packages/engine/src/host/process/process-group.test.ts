import { expect, test } from "bun:test";
import { killWithGroup } from "./process-group.ts";

test("kills the whole group of a process that does not lead it", async () => {
  const leader = Bun.spawn(["setsid", "--wait", "sh", "-c", "sleep 60 & echo $!; wait; echo outlived"], {
    stdout: "pipe",
  });
  const reader = leader.stdout.getReader();
  const first = await reader.read();
  killWithGroup(
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
  killWithGroup(child.pid);
  await child.exited;
  expect(child.signalCode).toBe("SIGKILL");
});

test("what is no pid, and what has gone, is passed over", () => {
  for (const pid of [Number.NaN, 0, 1, -5, 2 ** 22 + 1]) expect(() => killWithGroup(pid)).not.toThrow();
});

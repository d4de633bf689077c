import { expect, test } from "bun:test";
import { resolveSettings } from "./settings.ts";

const PLACE = { root: "/tmp", runRoot: "/run", env: {}, uid: 0, program: ["/bin/pw"] };

test("who is started for a container's end is told what its start was told", () => {
  expect(resolveSettings(PLACE).self).toEqual(["/bin/pw", "--root", "/tmp", "--runroot", "/run"]);
  const told = resolveSettings({ ...PLACE, eventsBackend: "none", runtimeFlags: ["debug", "a=b"] });
  expect(told.self.slice(5)).toEqual([
    "--events-backend",
    "none",
    "--runtime-flag",
    "debug",
    "--runtime-flag",
    "a=b",
  ]);
  expect(told.runtimeFlags).toEqual(["debug", "a=b"]);
});

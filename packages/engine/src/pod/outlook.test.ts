import { expect, test } from "bun:test";
import { podOutlook, type WaitedMember } from "./outlook.ts";

const UP: WaitedMember = { name: "web", status: "running", ready: true, exitCode: 0, restartDue: false };
const CREATED: WaitedMember = { ...UP, status: "configured", ready: false };
const OVER: WaitedMember = { ...UP, status: "exited", ready: false, exitCode: 3 };
const INIT: WaitedMember = { ...OVER, name: "init", role: "always", exitCode: 0 };
const calm = { pending: false };

test("ready with all that stay, init containers left aside", () => {
  expect(podOutlook([UP, INIT], calm)).toEqual({ met: ["ready"] });
  expect(podOutlook([UP, { ...UP, ready: false }], calm)).toEqual({ met: [] });
  expect(podOutlook([UP, { ...UP, role: "sidecar", ready: false }], calm)).toEqual({ met: [] });
  expect(podOutlook([], calm)).toEqual({ met: [] });
});

test("stopped once one has ended and none runs or will run", () => {
  expect(podOutlook([OVER], calm).met).toEqual(["stopped"]);
  expect(podOutlook([CREATED], calm)).toEqual({ met: [] });
  expect(podOutlook([OVER, UP], calm).met).toEqual([]);
  expect(podOutlook([{ ...OVER, restartDue: true }], calm)).toEqual({ met: [] });
  expect(podOutlook([OVER], { pending: true })).toEqual({ met: [] });
});

test("says which container's end leaves no hope", () => {
  expect(podOutlook([UP, OVER], calm).hopeless).toBe("container web has ended with exit code 3");
  expect(podOutlook([UP, { ...INIT, exitCode: 1 }], calm).hopeless).toBeUndefined();
});

import { expect, test } from "bun:test";
import type { HealthWish } from "@podwright/spec/engine-api/health";
import type { HealthcheckConfig } from "@podwright/spec/oci-image/types";
import { resolveHealth } from "./health.ts";

const TEST = ["CMD-SHELL", "true"];
const IMAGE: HealthcheckConfig = { Test: ["CMD", "/image"], Interval: 5e9, Timeout: 2_500_000, Retries: 7 };
const PLAIN = { interval: 30_000, timeout: 30_000, startPeriod: 0, retries: 3 };

test.each<[string, HealthWish | "none" | undefined, HealthcheckConfig | undefined, unknown]>([
  ["nothing to check", undefined, undefined, undefined],
  ["the caller's own, with the defaults", { test: TEST }, undefined, { ...PLAIN, test: TEST }],
  [
    "the image's, with the defaults for what it leaves open",
    undefined,
    { Test: ["CMD", "/image"], Interval: 0 },
    { ...PLAIN, test: ["CMD", "/image"] },
  ],
  [
    "the image's, with times in nanoseconds",
    undefined,
    { ...IMAGE, StartPeriod: 1e9 },
    { test: ["CMD", "/image"], interval: 5000, timeout: 2.5, startPeriod: 1000, retries: 7 },
  ],
  [
    "the image's, in part overridden",
    { interval: 0, onFailure: "kill" },
    IMAGE,
    { ...PLAIN, test: ["CMD", "/image"], interval: 0, timeout: 2.5, retries: 7, onFailure: "kill" },
  ],
  ["a command of one's own takes none of the image's times", { test: TEST }, IMAGE, { ...PLAIN, test: TEST }],
  ["switched off by the caller", "none", IMAGE, "none"],
  ["switched off by the image", { interval: 1 }, { Test: ["NONE"] }, "none"],
  ["an image without a test", undefined, { Interval: 5e9 }, undefined],
  ["times alone", { interval: 1000, startup: { retries: 3 } }, undefined, undefined],
  [
    "a start-up check, with its defaults",
    { test: TEST, startup: { interval: 10 } },
    undefined,
    { ...PLAIN, test: TEST, startup: { interval: 10, timeout: 30_000, retries: 0, successes: 0 } },
  ],
])("%s", (_, wish, image, expected) => {
  expect(resolveHealth(wish, image)).toEqual(expected as ReturnType<typeof resolveHealth>);
});

test.each<[HealthWish, string]>([
  [{ onFailure: "kill" }, "cannot set on-failure action to kill without a health check"],
  [
    { startup: { test: TEST } },
    "cannot set a startup healthcheck when there is no regular healthcheck: invalid argument",
  ],
  [
    { test: TEST, logDestination: "/no/such/place" },
    "HealthCheck Log '/no/such/place' destination error: stat /no/such/place: no such file or directory",
  ],
  [{ test: TEST, logDestination: "/dev/null" }, "HealthCheck Log '/dev/null' destination must be directory"],
])("%j is refused", (wish, message) => {
  expect(() => resolveHealth(wish, undefined)).toThrow(message);
});

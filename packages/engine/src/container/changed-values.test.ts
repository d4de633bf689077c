import { describe, expect, test } from "bun:test";
import type { HealthRequest } from "@podwright/spec/engine-api/health";
import { changedEnv } from "./changed-env.ts";
import { changedHealth } from "./changed-health.ts";
import { changedLimits } from "./changed-limits.ts";

describe("changedEnv()", () => {
  test("a variable keeps its place, new ones come last, what is set wins over what is unset", () => {
    const present = ["A=1", "B=2", "C=3"];
    expect(changedEnv(present, { env: ["D=4", "A=5"], unsetEnv: ["B", "X"] })).toEqual(["A=5", "C=3", "D=4"]);
    expect(changedEnv(present, { env: ["B=9"], unsetEnv: ["B"] })).toEqual(["A=1", "C=3", "B=9"]);
    expect(changedEnv(present, {})).toEqual(present);
  });
});

describe("changedLimits()", () => {
  test("only what was asked for is written, with what cannot be written without it", () => {
    const present = { memory: 100, memorySwap: 200, cpuPeriod: 1000, pids: 5 };
    expect(changedLimits(present, { cpuQuota: 500 })).toEqual({
      limits: { ...present, cpuQuota: 500 },
      resources: { cpu: { quota: 500, period: 1000 } },
    });
    expect(changedLimits(present, { memory: 150 }).resources).toEqual({ memory: { limit: 150, swap: 200 } });
    expect(changedLimits(present, {})).toEqual({ limits: present, resources: {} });
  });

  test("swap holds memory too", () => {
    expect(() => changedLimits({ memorySwap: 100 }, { memory: 200 })).toThrow("should be larger than memory");
    expect(changedLimits({ memorySwap: -1 }, { memory: 200 }).limits.memory).toBe(200);
  });
});

describe("changedHealth()", () => {
  const check: HealthRequest = {
    test: ["CMD", "true"],
    interval: 1,
    timeout: 2,
    startPeriod: 3,
    retries: 4,
    startup: { test: ["CMD", "up"], interval: 5, timeout: 6, retries: 7, successes: 8 },
  };

  test("changes what is said and nothing else", () => {
    expect(changedHealth(check, undefined)).toBe(check);
    expect(changedHealth(check, { retries: 9 })).toEqual({ ...check, retries: 9 });
    const startup = { test: ["CMD", "up"], interval: 5, timeout: 6, retries: 1, successes: 8 };
    expect(changedHealth(check, { startup: { retries: 1 } })).toEqual({ ...check, startup });
    expect(changedHealth(check, "none")).toBe("none");
    expect(changedHealth("none", { test: ["CMD", "x"] })).toMatchObject({ test: ["CMD", "x"], retries: 3 });
  });

  test("times mean nothing without a command", () => {
    expect(() => changedHealth(undefined, { interval: 1 })).toThrow("healthcheck command is not set");
    expect(() => changedHealth("none", { retries: 1 })).toThrow("healthcheck command is not set");
    const { startup: _none, ...plain } = check;
    expect(() => changedHealth(plain, { startup: { retries: 1 } })).toThrow(
      "startup healthcheck command is not set",
    );
  });
});

import { expect, test } from "bun:test";
import { chooseFromIndex, hostPlatform, platformMatches } from "./platform.ts";
import type { Descriptor } from "./types.ts";

const entry = (architecture: string, variant?: string): Descriptor => ({
  mediaType: "m",
  digest: `${architecture}${variant ?? ""}`,
  size: 1,
  platform: { os: "linux", architecture, ...(variant === undefined ? {} : { variant }) },
});
const choose = (entries: Descriptor[], architecture: string, variant?: string): string | undefined =>
  chooseFromIndex(entries, { os: "linux", architecture, ...(variant === undefined ? {} : { variant }) })
    ?.digest;

test("chooseFromIndex() takes arm64 with or without its variant", () => {
  expect(choose([entry("amd64"), entry("arm64", "v8")], "arm64")).toBe("arm64v8");
  expect(choose([entry("arm64")], "aarch64", "v8")).toBe("arm64");
});

test("chooseFromIndex() takes the best older variant of arm", () => {
  const entries = [entry("arm", "v5"), entry("arm", "v6"), entry("arm", "v8")];
  expect(choose(entries, "arm", "v7")).toBe("armv6");
  expect(choose(entries, "armhf")).toBe("armv6");
  expect(choose(entries, "s390x")).toBeUndefined();
});

test("chooseFromIndex() passes over entries without platform, such as attestations", () => {
  expect(choose([{ mediaType: "m", digest: "none", size: 1 }, entry("unknown")], "amd64")).toBeUndefined();
});

test("platformMatches() compares only what was asked", () => {
  expect(
    platformMatches({ os: "linux", architecture: "arm64", variant: "v8" }, { architecture: "aarch64" }),
  ).toBe(true);
  expect(platformMatches({ os: "linux", architecture: "amd64" }, { architecture: "arm64" })).toBe(false);
  expect(hostPlatform("x64").architecture).toBe("amd64");
});

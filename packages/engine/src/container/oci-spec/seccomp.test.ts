import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { defaultSeccompProfile } from "./default-seccomp.ts";
import { loadSeccompProfile, resolveSeccomp, type SeccompProfile } from "./seccomp.ts";

const facts = { arch: "amd64", kernel: [6, 1] as const, capabilities: ["CAP_CHOWN"] };
const ALLOW = "SCMP_ACT_ALLOW";

describe("resolveSeccomp()", () => {
  test("keeps the rules whose conditions hold", () => {
    const profile: SeccompProfile = {
      defaultAction: "SCMP_ACT_ERRNO",
      archMap: [{ architecture: "SCMP_ARCH_X86_64", subArchitectures: ["SCMP_ARCH_X86"] }],
      syscalls: [
        { names: ["always"], action: ALLOW, args: [], includes: {}, excludes: {} },
        { name: "old", action: ALLOW },
        { names: ["caps"], action: ALLOW, includes: { caps: ["CAP_CHOWN"] } },
        { names: ["no-caps"], action: ALLOW, includes: { caps: ["CAP_CHOWN", "CAP_KILL"] } },
        { names: ["excluded"], action: ALLOW, excludes: { caps: ["CAP_CHOWN"] } },
        { names: ["arm"], action: ALLOW, includes: { arches: ["arm64"] } },
        { names: ["new"], action: ALLOW, includes: { minKernel: "6.2" } },
        { names: ["known"], action: ALLOW, includes: { minKernel: "5.10" } },
      ],
    };
    const { syscalls, architectures } = resolveSeccomp(profile, facts);
    expect(syscalls.flatMap((rule) => rule.names)).toEqual(["always", "old", "caps", "known"]);
    expect(architectures).toEqual(["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"]);
    expect(syscalls[0]).toEqual({ names: ["always"], action: ALLOW });
  });

  test("the built-in profile opens groups by capability", () => {
    const allowed = (capabilities: readonly string[]): string[] =>
      resolveSeccomp(defaultSeccompProfile(), { ...facts, capabilities })
        .syscalls.filter((rule) => rule.action === ALLOW)
        .flatMap((rule) => rule.names);
    expect(allowed([])).not.toContain("bpf");
    expect(allowed(["CAP_SYS_ADMIN"])).toContain("bpf");
    expect(allowed([])).toContain("openat2");
    expect(allowed([])).toContain("arch_prctl");
    expect(allowed([])).not.toContain("io_uring_setup");
  });

  test("the built-in profile lets every address family pass but AF_ALG and AF_VSOCK", () => {
    const { syscalls } = resolveSeccomp(defaultSeccompProfile(), facts);
    const rules = syscalls.filter((rule) => rule.names.includes("socket") && rule.action === ALLOW);
    const passes = (family: number): boolean =>
      rules.some((rule) =>
        (rule.args ?? []).every(
          (arg) => arg.index !== 0 || BigInt(arg.valueTwo ?? 0) === (BigInt(family) & BigInt(arg.value)),
        ),
      );
    const blocked = Array.from({ length: 48 }, (_, family) => family).filter((family) => !passes(family));
    expect(blocked).toEqual([38, 40]);
    // The kernel looks at 32 bits only: garbage above them must not open a door.
    expect(passes(2 ** 32 + 38)).toBe(false);
  });
});

describe("loadSeccompProfile()", () => {
  const choice = { asked: "", configured: "", privileged: false };

  test("unconfined, privileged and a named file", async () => {
    const directory = mkdtempSync(`${tmpdir()}/podwright-seccomp-`);
    try {
      const path = `${directory}/p.json`;
      writeFileSync(path, '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[]}');
      expect(await loadSeccompProfile({ ...choice, asked: "unconfined" })).toBeUndefined();
      expect(await loadSeccompProfile({ ...choice, privileged: true })).toBeUndefined();
      const named = await loadSeccompProfile({ ...choice, asked: path, privileged: true });
      expect(named?.defaultAction).toBe("SCMP_ACT_ALLOW");
      expect((await loadSeccompProfile({ ...choice, configured: path }))?.syscalls).toEqual([]);
      expect(await loadSeccompProfile(choice)).toBeDefined();
      writeFileSync(path, "{");
      expect(loadSeccompProfile({ ...choice, asked: path })).rejects.toThrow(
        "decoding seccomp profile failed",
      );
      writeFileSync(path, '{"syscalls":[{}]}');
      expect(loadSeccompProfile({ ...choice, asked: path })).rejects.toThrow("defaultAction");
      expect(loadSeccompProfile({ ...choice, asked: `${directory}/none` })).rejects.toThrow("no such file");
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

import { expect, test } from "bun:test";
import type { RuntimeSeccomp, RuntimeSpec } from "@podwright/spec/oci-runtime/spec";
import { existsSync, utimesSync, writeFileSync } from "node:fs";
import { temporaryDirectory } from "../../../testing/kernel.ts";
import { CompiledSeccomp } from "./compiled-seccomp.ts";

const ANNOTATION = "run.oci.seccomp_bpf_data";
const FILTER = Buffer.alloc(16, 7);
const SECCOMP: RuntimeSeccomp = {
  defaultAction: "SCMP_ACT_ERRNO",
  defaultErrnoRet: 38,
  syscalls: [{ names: ["read"], action: "SCMP_ACT_ALLOW" }],
};

function specWith(seccomp: RuntimeSeccomp, annotations: Record<string, string> = {}): RuntimeSpec {
  return {
    ociVersion: "1.0.2",
    process: { cwd: "/", args: ["true"], user: { uid: 0, gid: 0 }, env: [] },
    root: { path: "/nowhere" },
    mounts: [],
    annotations,
    linux: { namespaces: [], seccomp },
  };
}

/** `program` is what the runtime's file says; a filter of `compiled` was left by it for `spec`. */
function kept(dir: string, { program = ANNOTATION, compiled = FILTER, spec = specWith(SECCOMP) } = {}) {
  writeFileSync(`${dir}/crun`, `\0${program}\0`);
  writeFileSync(`${dir}/compiled`, compiled);
  const filters = new CompiledSeccomp(`${dir}/kept`, `${dir}/crun`);
  filters.keep(spec, `${dir}/compiled`);
  return filters;
}

test("a filter that was kept takes its own profile's place, and that of no other", () => {
  using dir = temporaryDirectory();
  const filters = kept(dir.path);
  const tuned = filters.replaceIn(specWith(SECCOMP, { mine: "1" }));
  expect(tuned.linux).toEqual({ namespaces: [] });
  expect(tuned.annotations).toEqual({ mine: "1", [ANNOTATION]: FILTER.toString("base64") });
  const other = specWith({ ...SECCOMP, defaultErrnoRet: 1 });
  expect(filters.replaceIn(other)).toBe(other);
});

test("another program in the runtime's place compiles anew", () => {
  using dir = temporaryDirectory();
  const filters = kept(dir.path);
  utimesSync(`${dir.path}/crun`, 1, 1);
  const spec = specWith(SECCOMP);
  expect(filters.replaceIn(spec)).toBe(spec);
});

test("nothing is kept of what the filter alone does not say, nor for a runtime without the annotation", () => {
  const cases: Parameters<typeof kept>[1][] = [
    { program: "an old one" },
    { compiled: Buffer.alloc(0) },
    { compiled: FILTER.subarray(3) },
    { spec: specWith({ ...SECCOMP, flags: ["SECCOMP_FILTER_FLAG_LOG"] }) },
    { spec: specWith(SECCOMP, { [ANNOTATION]: "the user's own" }) },
  ];
  for (const wish of cases) {
    using dir = temporaryDirectory();
    const filters = kept(dir.path, wish);
    expect(existsSync(`${dir.path}/kept`)).toBe(false);
    const spec = wish?.spec ?? specWith(SECCOMP);
    expect(filters.replaceIn(spec)).toBe(spec);
  }
});

/** Seccomp: a profile (conditions on capabilities, architecture and kernel) becomes the runtime spec's filter. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { RuntimeSeccomp } from "@podwright/spec/oci-runtime/spec";
import { readFileSync } from "node:fs";

/** The profile format that Docker, Podman and Kubernetes share. */
export interface SeccompProfile {
  readonly defaultAction: string;
  readonly defaultErrnoRet?: number;
  readonly archMap?: readonly {
    readonly architecture: string;
    readonly subArchitectures?: readonly string[];
  }[];
  readonly architectures?: readonly string[];
  readonly flags?: readonly string[];
  readonly syscalls: readonly ProfileRule[];
}

export interface ProfileRule {
  readonly names?: readonly string[];
  /** The old form of `names`. */
  readonly name?: string;
  readonly action: string;
  readonly errnoRet?: number | null;
  readonly args?: readonly ProfileArgument[] | null;
  readonly includes?: ProfileCondition | null;
  readonly excludes?: ProfileCondition | null;
}

export interface ProfileArgument {
  readonly index: number;
  readonly value: number;
  readonly valueTwo?: number;
  readonly op: string;
}

export interface ProfileCondition {
  readonly arches?: readonly string[];
  readonly caps?: readonly string[];
  /** "4.8" */
  readonly minKernel?: string;
}

export interface SeccompFacts {
  /** "amd64" */
  readonly arch: string;
  readonly kernel: readonly [number, number];
  readonly capabilities: readonly string[];
}

const NATIVE: Readonly<Record<string, string>> = {
  amd64: "SCMP_ARCH_X86_64",
  arm64: "SCMP_ARCH_AARCH64",
  arm: "SCMP_ARCH_ARM",
  "386": "SCMP_ARCH_X86",
  riscv64: "SCMP_ARCH_RISCV64",
  s390x: "SCMP_ARCH_S390X",
  ppc64le: "SCMP_ARCH_PPC64LE",
};

/** Keeps the rules whose conditions hold, for this machine's architecture and its compatible ones. */
export function resolveSeccomp(profile: SeccompProfile, facts: SeccompFacts): RuntimeSeccomp {
  const holds = (rule: ProfileRule): boolean =>
    meetsAll(rule.includes ?? {}, facts) && !meetsAny(rule.excludes ?? {}, facts);
  const architectures = architecturesOf(profile, facts.arch);
  return {
    defaultAction: profile.defaultAction,
    ...(profile.defaultErrnoRet === undefined ? {} : { defaultErrnoRet: profile.defaultErrnoRet }),
    ...(architectures.length === 0 ? {} : { architectures }),
    ...(profile.flags === undefined || profile.flags.length === 0 ? {} : { flags: [...profile.flags] }),
    syscalls: profile.syscalls.filter(holds).map(toRule),
  };
}

function architecturesOf(profile: SeccompProfile, arch: string): string[] {
  if (profile.architectures !== undefined && profile.architectures.length > 0) {
    return [...profile.architectures];
  }
  const native = NATIVE[arch];
  const entry = profile.archMap?.find((map) => map.architecture === native);
  return entry === undefined ? [] : [entry.architecture, ...(entry.subArchitectures ?? [])];
}

function toRule(rule: ProfileRule): RuntimeSeccomp["syscalls"][number] {
  const names = rule.names ?? (rule.name === undefined ? [] : [rule.name]);
  const args = rule.args ?? [];
  return {
    names: [...names],
    action: rule.action,
    ...(rule.errnoRet === undefined || rule.errnoRet === null ? {} : { errnoRet: rule.errnoRet }),
    ...(args.length === 0 ? {} : { args: args.map((arg) => ({ ...arg })) }),
  };
}

/** An empty condition is met. */
function meetsAll(condition: ProfileCondition, facts: SeccompFacts): boolean {
  const { arches = [], caps = [], minKernel } = condition;
  if (arches.length > 0 && !arches.includes(profileArch(facts.arch))) return false;
  if (minKernel !== undefined && minKernel !== "" && !isAtLeast(facts.kernel, minKernel)) return false;
  return caps.every((name) => facts.capabilities.includes(name));
}

/** An empty condition is not met. */
function meetsAny(condition: ProfileCondition, facts: SeccompFacts): boolean {
  const { arches = [], caps = [], minKernel } = condition;
  if (arches.includes(profileArch(facts.arch))) return true;
  if (minKernel !== undefined && minKernel !== "" && isAtLeast(facts.kernel, minKernel)) return true;
  return caps.some((name) => facts.capabilities.includes(name));
}

function profileArch(arch: string): string {
  return arch === "386" ? "x86" : arch;
}

function isAtLeast([major, minor]: readonly [number, number], version: string): boolean {
  const [wantMajor = 0, wantMinor = 0] = version.split(".").map(Number);
  return major > wantMajor || (major === wantMajor && minor >= wantMinor);
}

/** Where the host keeps its profile, the administrator's before the distribution's. */
const HOST_PROFILES: readonly string[] = [
  "/etc/containers/seccomp.json",
  "/usr/share/containers/seccomp.json",
];

export interface ProfileChoice {
  /** `--security-opt seccomp=`: "" or "default", "unconfined", or a path. */
  readonly asked: string;
  /** containers.conf's seccomp_profile; "" for none. */
  readonly configured: string;
  readonly privileged: boolean;
}

/** Undefined: no filter. @throws CONTAINER_INVALID for a profile that cannot be read */
export async function loadSeccompProfile(choice: ProfileChoice): Promise<SeccompProfile | undefined> {
  const asked = choice.asked === "default" ? "" : choice.asked;
  if (asked === "unconfined") return undefined;
  if (asked !== "") return readProfile(asked);
  // A privileged container has a filter only when one is named for it.
  if (choice.privileged || choice.configured === "unconfined") return undefined;
  if (choice.configured !== "") return readProfile(choice.configured);
  for (const path of HOST_PROFILES) {
    const text = readIfPresent(path);
    if (text !== undefined) return parseProfile(path, text);
  }
  const { defaultSeccompProfile } = await import("./default-seccomp.ts");
  return defaultSeccompProfile();
}

function readProfile(path: string): SeccompProfile {
  const text = readIfPresent(path);
  if (text === undefined) {
    throw invalid(`opening seccomp profile failed: open ${path}: no such file or directory`);
  }
  return parseProfile(path, text);
}

function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw invalid(`opening seccomp profile failed: ${reason}`, cause);
  }
}

function parseProfile(path: string, text: string): SeccompProfile {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw invalid(
      `loading seccomp profile (${path}) failed: decoding seccomp profile failed: ${reason}`,
      cause,
    );
  }
  if (!isProfile(parsed)) {
    throw invalid(
      `loading seccomp profile (${path}) failed: defaultAction and syscalls with names and an action are needed`,
    );
  }
  return parsed;
}

function isProfile(value: unknown): value is SeccompProfile {
  if (!isRecord(value) || typeof value["defaultAction"] !== "string") return false;
  const rules = value["syscalls"] ?? [];
  return (
    Array.isArray(rules) &&
    rules.every(
      (rule) =>
        isRecord(rule) &&
        typeof rule["action"] === "string" &&
        (Array.isArray(rule["names"]) || typeof rule["name"] === "string"),
    )
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function invalid(message: string, cause?: unknown): EngineError {
  return new EngineError("CONTAINER_INVALID", message, { cause });
}

/** A container's securityContext: who it is and what it may do, where that differs from the image's and the defaults. */
import type {
  AppArmorProfile,
  Capabilities,
  SeccompProfile,
  SecurityContext,
  SELinuxOptions,
} from "@podwright/spec/kube/types";
import { normalizeCapability } from "@podwright/spec/values/capability";
import type { ContainerConfig } from "../../ports/container-record.ts";
import { ANNOTATION_HINT, subjectOf, type Writing } from "./context.ts";
import { compact, whenAny, whenFilled, whenTrue } from "./members.ts";

/** Where the kubelet looks for profiles. */
const SECCOMP_ROOT = "/var/lib/kubelet/seccomp/";

export function securityContext(writing: Writing, config: ContainerConfig): SecurityContext | undefined {
  const { security, rootfs } = config;
  const lost = (text: string): void => writing.losses.add(subjectOf(config), text);
  if (rootfs.readOnly && !rootfs.readOnlyTmpfs) {
    lost("a read-only root comes with writable /tmp, /run and /var/tmp when played");
  }
  for (const path of security.mask) lost(`${path} is masked, which a manifest cannot say`);
  for (const option of security.procOptions) lost(`the option ${option} of /proc is left out`);
  return whenFilled(
    compact<SecurityContext>({
      privileged: whenTrue(security.privileged),
      ...userFields(writing, config),
      runAsNonRoot: whenTrue(config.runAsNonRoot),
      readOnlyRootFilesystem: whenTrue(rootfs.readOnly),
      allowPrivilegeEscalation: noEscalation(config, lost),
      capabilities: capabilities(config),
      procMount: procMount(config, lost),
      seccompProfile: seccomp(security.seccomp, lost),
      appArmorProfile: appArmor(security.apparmor),
      seLinuxOptions: selinux(security.labels, writing.podmanOnly, lost),
    }),
  );
}

type UserFields = Pick<SecurityContext, "runAsUser" | "runAsGroup">;

/** Kubernetes knows users by their numbers. */
function userFields(writing: Writing, config: ContainerConfig): UserFields {
  const { user } = config.process;
  if (user === (writing.image(config).User ?? "")) return {};
  const [, uid, gid] = /^(\d+)(?::(\d+))?$/.exec(user) ?? [];
  if (uid !== undefined) {
    return compact<UserFields>({
      runAsUser: Number(uid),
      runAsGroup: gid === undefined ? undefined : Number(gid),
    });
  }
  const found = user === "" ? { uid: 0, gid: 0 } : writing.host.findUser(config, user);
  if (found !== undefined) return { runAsUser: found.uid, runAsGroup: found.gid };
  writing.losses.add(
    subjectOf(config),
    `the user ${user} has no number in the image's files, and is left out`,
  );
  return {};
}

/** The API server refuses false beside what gives every right. */
function noEscalation({ security }: ContainerConfig, lost: (text: string) => void): false | undefined {
  if (!security.noNewPrivileges) return undefined;
  const added = security.capAdd.map(normalizeCapability);
  if (!security.privileged && !added.includes("CAP_SYS_ADMIN")) return false;
  lost("no-new-privileges is left out: Kubernetes takes it neither with privileged nor with SYS_ADMIN");
  return undefined;
}

/**
 * Without CAP_: container runtimes under Kubernetes put it in front themselves, and a CAP_CAP_CHOWN would silently
 * drop nothing. Podman's play takes both spellings.
 */
function capabilities({ security }: ContainerConfig): Capabilities | undefined {
  if (security.privileged) return undefined;
  const short = (names: readonly string[]): string[] =>
    [...new Set(names.map((name) => normalizeCapability(name).replace(/^CAP_/, "")))].sort();
  return whenFilled(
    compact<Capabilities>({ add: whenAny(short(security.capAdd)), drop: whenAny(short(security.capDrop)) }),
  );
}

function procMount({ security }: ContainerConfig, lost: (text: string) => void): "Unmasked" | undefined {
  const all = security.unmask.some((path) => path.toUpperCase() === "ALL");
  if (all) {
    lost("Kubernetes takes procMount: Unmasked only for pods with hostUsers: false");
    return "Unmasked";
  }
  for (const path of security.unmask) lost(`${path} is unmasked, which a manifest cannot say of one path`);
  return undefined;
}

function seccomp(profile: string, lost: (text: string) => void): SeccompProfile | undefined {
  if (profile === "") return undefined;
  if (profile === "unconfined") return { type: "Unconfined" };
  if (profile.startsWith(SECCOMP_ROOT)) {
    return { type: "Localhost", localhostProfile: profile.slice(SECCOMP_ROOT.length) };
  }
  lost(`the seccomp profile ${profile} is left out: Kubernetes finds profiles only below ${SECCOMP_ROOT}`);
  return undefined;
}

function appArmor(profile: string): AppArmorProfile | undefined {
  if (profile === "") return undefined;
  if (profile === "unconfined") return { type: "Unconfined" };
  return { type: "Localhost", localhostProfile: profile };
}

const SELINUX_PARTS: readonly string[] = ["user", "role", "type", "level"];

function selinux(
  labels: readonly string[],
  podmanOnly: boolean,
  lost: (text: string) => void,
): SELinuxOptions | undefined {
  const options: Record<string, string> = {};
  for (const text of labels) {
    const [part = "", ...rest] = text.split(":");
    if (part === "disable") options["type"] = "spc_t";
    else if (SELINUX_PARTS.includes(part)) options[part] = rest.join(":");
    else if (!podmanOnly) lost(`the SELinux label ${text} is left out${ANNOTATION_HINT}`);
  }
  return whenFilled(options);
}

/** Labels that have no field: an annotation of Podman's has them. */
export function otherLabels(labels: readonly string[]): string[] {
  return labels.filter((text) => text !== "disable" && !SELINUX_PARTS.includes(text.split(":", 1)[0] ?? ""));
}

/** Fields that Kubernetes has for the whole pod, gathered from containers that each have their own. */
import type { RestartPolicy } from "@podwright/spec/engine-api/containers";
import type { PodSecurityContext, PodSpec, Sysctl } from "@podwright/spec/kube/types";
import { subjectOf, type Writing } from "./context.ts";
import { compact, whenAny, whenFilled, whenTrue } from "./members.ts";
import type { PodSource } from "./pod-source.ts";

export function restartPolicy(writing: Writing, source: PodSource): PodSpec["restartPolicy"] {
  const members = source.members
    .map(({ config }) => config)
    .filter(({ initContainer }) => initContainer === undefined);
  const policy = source.pod?.restart ?? members.find(({ restart }) => restart !== undefined)?.restart;
  for (const config of members) {
    const own = config.restart;
    if (own === undefined || own.name === policy?.name) continue;
    writing.losses.add(
      subjectOf(config),
      `its restart policy ${own.name} is left out: a pod has one, ${policy?.name ?? "no"}`,
    );
  }
  if (policy === undefined) return undefined;
  if (policy.maximumRetries > 0) {
    writing.losses.add(source.subject, `the limit of ${policy.maximumRetries} restarts is left out`);
  }
  return KUBE_POLICIES[policy.name];
}

/** Kubernetes' Always is restarted after a reboot too. */
const KUBE_POLICIES: Readonly<Record<RestartPolicy["name"], PodSpec["restartPolicy"]>> = {
  no: "Never",
  always: "Always",
  "on-failure": "OnFailure",
  "unless-stopped": "Always",
};

/** The first container that differs from the configuration's decides. */
export function stopTimeout({ conf, losses }: Writing, { members }: PodSource): number | undefined {
  const usual = conf.stopTimeout;
  const written = members.find(({ config }) => config.process.stopTimeout !== usual)?.config.process
    .stopTimeout;
  if (written === undefined) return undefined;
  for (const { config } of members) {
    const own = config.process.stopTimeout;
    if (own !== written) {
      losses.add(
        subjectOf(config),
        `its stop timeout of ${own} seconds is left out: a pod has one, ${written}`,
      );
    }
  }
  return written;
}

type HostFields = Pick<PodSpec, "hostPID" | "hostIPC">;

export function hostNamespaces(writing: Writing, source: PodSource): HostFields {
  const shared = (kind: "pid" | "ipc"): boolean => {
    const on = source.members.filter(({ config }) => config.namespaces[kind].kind === "host");
    if (on.length === source.members.length) return true;
    for (const { config } of on) {
      writing.losses.add(
        subjectOf(config),
        `the host's ${kind} namespace is left out: others of the pod have their own`,
      );
    }
    return false;
  };
  return compact<HostFields>({ hostPID: whenTrue(shared("pid")), hostIPC: whenTrue(shared("ipc")) });
}

/** Groups, and settings of the kernel: Kubernetes has them for all containers of a pod alike. */
export function groupFields(writing: Writing, source: PodSource): PodSecurityContext | undefined {
  const group = fsGroup(writing, source);
  return whenFilled(
    compact<PodSecurityContext>({
      fsGroup: group,
      supplementalGroups: whenAny(supplementalGroups(writing, source, group)),
      sysctls: whenAny(sysctls(writing, source)),
    }),
  );
}

function fsGroup({ losses }: Writing, { pod, members, subject }: PodSource): number | undefined {
  const mounts = members.flatMap(({ config }) => config.mounts);
  const groups = new Set([...(pod?.volumes ?? []), ...mounts].flatMap(({ fsGroup: group }) => group ?? []));
  const [first, ...others] = groups;
  for (const other of others)
    losses.add(subject, `volumes of the group ${other} get the group ${first}: a pod has one`);
  return first;
}

/** The group of the volumes is one of them by itself. */
function supplementalGroups(writing: Writing, source: PodSource, volumes: number | undefined): number[] {
  const configs = source.members.map(({ config }) => config);
  const everywhere = (group: string): boolean =>
    configs.every(({ process }) => process.groupAdd.includes(group));
  const result = new Set<number>();
  for (const config of configs) {
    for (const group of config.process.groupAdd) {
      const lost = (why: string): void =>
        writing.losses.add(subjectOf(config), `the group ${group} is left out: ${why}`);
      if (group === String(volumes)) continue;
      if (!/^\d+$/.test(group)) lost("Kubernetes takes numbers only");
      else if (!everywhere(group)) lost("the others of the pod would get it too");
      else result.add(Number(group));
    }
  }
  return [...result];
}

/** Those that the configuration sets anyway are left out. */
function sysctls({ conf, losses }: Writing, { pod, members }: PodSource): Sysctl[] {
  const configured = new Set(conf.defaultSysctls.map((text) => text.replace(/\s*=\s*/, "=")));
  const result = new Map(Object.entries(pod?.sysctls ?? {}));
  for (const { config } of members) {
    for (const [name, value] of Object.entries(config.sysctls)) {
      if (configured.has(`${name}=${value}`)) continue;
      const known = result.get(name);
      if (known === undefined) result.set(name, value);
      else if (known !== value)
        losses.add(subjectOf(config), `sysctl ${name}=${value} is left out: the pod's is ${known}`);
    }
  }
  return [...result].map(([name, value]) => ({ name, value }));
}

/** Annotations of a pod: its containers' own, and Podman's for what Kubernetes has no field for. */
import type { Labels } from "@podwright/spec/engine-api/common";
import type { Ulimit } from "@podwright/spec/engine-api/containers";
import { otherLabels } from "./security-fields.ts";
import type { ContainerConfig } from "../../ports/container-record.ts";
import { subjectOf, type Writing } from "./context.ts";

const PODMAN = "io.podman.annotations.";
const AUTO_UPDATE = "io.containers.autoupdate";
/** Reserved by Podman: written with --podman-only. */
const RESERVED: readonly string[] = [
  "cid-file",
  "autoremove",
  "privileged",
  "publish-all",
  "init",
  "label",
  "seccomp",
  "apparmor",
  "volumes-from",
].map((name) => `${PODMAN}${name}`);

export interface Member {
  readonly config: ContainerConfig;
  /** Its name in the manifest. */
  readonly name: string;
}

export function podAnnotations(writing: Writing, members: readonly Member[]): Labels {
  return {
    ...members.reduce<Labels>((all, member) => ({ ...all, ...autoUpdate(member) }), {}),
    ...ownAnnotations(writing, members),
    ...members.reduce<Labels>((all, member) => ({ ...all, ...limitAnnotations(writing, member) }), {}),
    ...ulimits(writing, members),
    ...initType(writing, members),
    ...(writing.podmanOnly ? reserved(members) : {}),
  };
}

/** An annotation that all containers have is the pod's; another one is told apart by the container's name. */
function ownAnnotations(writing: Writing, members: readonly Member[]): Labels {
  const configured = new Set(writing.conf.annotations.map((text) => text.split("=", 1)[0] ?? ""));
  const result: Record<string, string> = {};
  for (const { config, name } of members) {
    for (const [key, value] of Object.entries(config.annotations)) {
      if (configured.has(key) || (RESERVED.includes(key) && !writing.podmanOnly)) continue;
      if (members.every((other) => other.config.annotations[key] === value)) {
        result[key] = value;
        continue;
      }
      writing.losses.add(subjectOf(config), `the annotation ${key} is its own, which a manifest cannot say`);
      if (!key.includes("/")) result[`${key}/${name}`] = value;
    }
  }
  return result;
}

function autoUpdate({ config, name }: Member): Labels {
  const image = Object.entries(config.labels).filter(([key]) => key.startsWith(AUTO_UPDATE));
  return Object.fromEntries(image.map(([key, value]) => [`${key}/${name}`, value]));
}

/** Kept for the way back; a cluster does not act on them. */
function limitAnnotations(writing: Writing, { config, name }: Member): Labels {
  const { limits } = config;
  const usual = writing.conf.pidsLimit > 0 ? writing.conf.pidsLimit : -1;
  const wanted: readonly (readonly [string, string | undefined])[] = [
    ["pids-limit", limits.pids === undefined || limits.pids === usual ? undefined : String(limits.pids)],
    ["cpuset", limits.cpusetCpus],
    ["memory-nodes", limits.cpusetMems],
  ];
  const result: Record<string, string> = {};
  for (const [key, value] of wanted) {
    if (value === undefined || value === "") continue;
    result[`${PODMAN}${key}/${name}`] = value;
    annotationOnly(writing, config, `the limit ${key} ${value}`);
  }
  return result;
}

function annotationOnly(writing: Writing, config: ContainerConfig, what: string): void {
  writing.losses.add(subjectOf(config), `${what} is an annotation that only Podman and Podwright act on`);
}

/** One annotation for the whole pod: the first container that asks decides. */
function ulimits(writing: Writing, members: readonly Member[]): Labels {
  const usual = new Set(writing.host.defaultUlimits().map(ulimitText));
  let written: string | undefined;
  for (const { config } of members) {
    const own = config.ulimits.map(ulimitText).filter((text) => !usual.has(text));
    if (own.length === 0) continue;
    const text = own.join(",");
    written ??= text;
    if (text === written) annotationOnly(writing, config, `the ulimit ${text}`);
    else writing.losses.add(subjectOf(config), `the ulimit ${text} is left out: the pod's is ${written}`);
  }
  return written === undefined ? {} : { [`${PODMAN}ulimit`]: written };
}

function ulimitText({ name, soft, hard }: Ulimit): string {
  return `${name}=${soft}:${hard}`;
}

/** `once` is what holds without. */
function initType(writing: Writing, members: readonly Member[]): Labels {
  const always = members.filter(({ config }) => config.initContainer === "always");
  if (always.length === 0) return {};
  for (const { config } of members) {
    if (config.initContainer !== "once") continue;
    writing.losses.add(
      subjectOf(config),
      "it runs at each start of the pod when played, as other init containers of it do",
    );
  }
  return { [`${PODMAN}init.container.type`]: "always" };
}

function reserved(members: readonly Member[]): Labels {
  const result: Record<string, string> = {};
  for (const { config, name } of members) {
    const flags: readonly (readonly [string, boolean])[] = [
      ["autoremove", config.autoRemove],
      ["init", config.process.init],
      ["privileged", config.security.privileged],
      ["publish-all", config.network.publishAll],
    ];
    for (const [key, set] of flags) if (set) result[`${PODMAN}${key}/${name}`] = "TRUE";
    const labels = otherLabels(config.security.labels);
    if (labels.length > 0) result[`${PODMAN}label/${name}`] = labels.join(",label=");
    if (config.cidFile !== "") result[`${PODMAN}cid-file/${name}`] = config.cidFile;
  }
  return result;
}

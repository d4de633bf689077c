/** `pod clone`: prints the id of the new pod. */
import type { PodRequest } from "@podwright/spec/engine-api/pods";
import { defineCommand } from "../frame/command.ts";
import { limitFlags } from "../parse/limits.ts";
import { networkFlags } from "../parse/network.ts";
import { securityOptFlags } from "../parse/security.ts";
import { volumeFlags } from "../parse/volumes.ts";
import { podCreateFlags, podRequest } from "./create-flags.ts";

const { replace: _replace, "pod-id-file": _file, ...changingFlags } = podCreateFlags;
const flags = {
  destroy: { type: "bool", help: "destroy the original pod" },
  start: { type: "bool", help: "start the new pod" },
  ...changingFlags,
} as const;

/** What a flag says of the new pod. */
const SAYS: Readonly<Partial<Record<keyof typeof flags, keyof PodRequest>>> = {
  infra: "infra",
  "infra-name": "infraName",
  "infra-image": "infraImage",
  "infra-command": "infraCommand",
  "infra-conmon-pidfile": "infraConmonPidFile",
  share: "share",
  "share-parent": "shareParent",
  hostname: "hostname",
  "exit-policy": "exitPolicy",
  sysctl: "sysctls",
  "shm-size": "shmSize",
  "cgroup-parent": "cgroupParent",
  restart: "restart",
  label: "labels",
  "label-file": "labels",
  publish: "ports",
  "add-host": "addHost",
  "no-hosts": "noHosts",
  "no-hostname": "noHostname",
  dns: "dns",
  "dns-option": "dns",
  "dns-search": "dns",
};

export const command = defineCommand({
  path: ["pod", "clone"],
  summary: "Clone an existing pod",
  description:
    "Creates a pod of an existing one's configuration, with clones of its containers. The flags are those of pod create, and change what the new pod has.",
  usage: "[options] POD [NAME]",
  args: { min: 1, max: 2 },
  argCompletion: "pod",
  flags,
  examples: ["pod clone web newweb", "pod clone --destroy --start --memory 512m web"],
  async run({ flags: values, args: [original = "", positional], argv, given, engine, io }) {
    const name = positional ?? values.name;
    const request = podRequest({
      flags: { ...values, replace: false, "pod-id-file": undefined },
      name,
      argv,
      given: (flag) => flag !== "replace" && flag !== "pod-id-file" && given(flag),
    });
    const keys = changedKeys(Object.keys(flags).filter((flag) => given(flag as keyof typeof flags)));
    const change = Object.fromEntries(Object.entries(request).filter(([key]) => keys.has(key)));
    const id = await (await engine.pods()).clone(original, {
      ...(name === undefined ? {} : { name }),
      start: values.start,
      destroy: values.destroy,
      createCommand: argv,
      change,
    });
    io.out(`${id}\n`);
  },
});

function changedKeys(given: readonly string[]): ReadonlySet<string> {
  return new Set(given.flatMap((flag) => keyOf(flag) ?? []));
}

function keyOf(flag: string): keyof PodRequest | undefined {
  const key = (SAYS as Readonly<Record<string, keyof PodRequest>>)[flag];
  if (key !== undefined) return key;
  if (Object.hasOwn(limitFlags, flag)) return "limits";
  if (Object.hasOwn(volumeFlags, flag)) return "mounts";
  if (Object.hasOwn(securityOptFlags, flag)) return "security";
  return Object.hasOwn(networkFlags, flag) ? "network" : undefined;
}

/** `--sysctl key=value`: only what the kernel keeps per namespace. */
import type { Labels } from "../engine-api/common.ts";
import { invalidValue } from "./value-error.ts";

const KERNEL: readonly string[] = [
  "kernel.msgmax",
  "kernel.msgmnb",
  "kernel.msgmni",
  "kernel.sem",
  "kernel.shmall",
  "kernel.shmmax",
  "kernel.shmmni",
  "kernel.shm_rmid_forced",
];

/** Later values win. @throws VALUE_INVALID */
export function parseSysctls(values: readonly string[]): Labels {
  return Object.fromEntries(values.map(parseSysctl));
}

function parseSysctl(text: string): [string, string] {
  const equals = text.indexOf("=");
  if (equals === -1) {
    throw invalidValue(`${text} is invalid, sysctl values must be in the form of KEY=VALUE`);
  }
  const key = text.slice(0, equals);
  const value = text.slice(equals + 1);
  if (key !== key.trim() || value !== value.trim()) {
    throw invalidValue(`'${text}' is invalid, extra spaces found`);
  }
  if (!KERNEL.includes(key) && !/^(net|fs\.mqueue)\./.test(key)) {
    throw invalidValue(`sysctl '${key}' is not allowed`);
  }
  return [key, value];
}

/** Which namespace a sysctl belongs to: it cannot be set where that one is not the container's own. */
export function sysctlNamespace(key: string): "ipc" | "net" {
  return key.startsWith("net.") ? "net" : "ipc";
}

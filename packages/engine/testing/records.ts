/** Records with sensible content, for tests that need one and care about a few members only. */
import { NO_SECURITY } from "@podwright/spec/values/security";
import type { ContainerConfig, ContainerRecord, ContainerState } from "../src/ports/container-record.ts";
import type { PodConfig, PodRecord } from "../src/ports/pod-record.ts";

export function containerConfig(id: string, change: Partial<ContainerConfig> = {}): ContainerConfig {
  return {
    id,
    name: `name-${id.slice(0, 4)}`,
    created: 1_790_000_000_000,
    podId: "",
    infra: false,
    createCommand: ["podwright", "run", "nginx"],
    image: {
      id: "e".repeat(64),
      name: "docker.io/library/nginx:latest",
      rawName: "nginx",
      digest: "",
      volumes: [],
    },
    process: {
      args: ["nginx"],
      entrypoint: [],
      command: ["nginx"],
      env: ["PATH=/usr/bin:/bin"],
      workdir: "/",
      user: "",
      groupAdd: [],
      tty: false,
      openStdin: false,
      umask: "0022",
      timezone: "",
      init: false,
      initPath: "",
      stopSignal: 15,
      stopTimeout: 10,
      timeout: 0,
      passwd: true,
    },
    mounts: [],
    rootfs: { readOnly: false, readOnlyTmpfs: true },
    shmSize: 65_536_000,
    devices: [],
    network: {
      mode: { kind: "none" },
      ports: [],
      exposed: [],
      publishAll: false,
      dns: {},
      addHost: [],
      noHosts: false,
      noHostname: false,
      hostname: id.slice(0, 12),
    },
    namespaces: {
      pid: { kind: "private" },
      ipc: { kind: "private" },
      uts: { kind: "private" },
      cgroup: { kind: "private" },
      user: { kind: "host" },
    },
    security: NO_SECURITY,
    capabilities: ["CAP_CHOWN"],
    sysctls: {},
    ulimits: [],
    limits: {},
    cgroupParent: "/podwright-test",
    cgroups: "enabled",
    labels: {},
    annotations: {},
    log: { driver: "k8s-file", path: "", maxSize: -1, tag: "", options: {} },
    autoRemove: false,
    cidFile: "",
    pidFile: "",
    conmonPidFile: "",
    dependencies: [],
    runtime: "runc",
    ...change,
  };
}

export const NEVER_RAN: ContainerState = { restarts: 0, error: "" };

export function containerRecord(id: string, change: Partial<ContainerConfig> = {}): ContainerRecord {
  return { phase: "ready", config: containerConfig(id, change), state: NEVER_RAN };
}

export function podRecord(id: string, change: Partial<PodConfig> = {}): PodRecord {
  return {
    phase: "ready",
    state: { stoppedAt: 0 },
    config: {
      id,
      name: `pod-${id.slice(0, 4)}`,
      created: 1_790_000_000_000,
      createCommand: ["podwright", "pod", "create"],
      hostname: `pod-${id.slice(0, 4)}`,
      share: ["ipc", "net", "uts"],
      shareParent: true,
      infraId: "",
      infraCommand: [],
      network: { kind: "none" },
      ports: [],
      dns: {},
      addHost: [],
      noHosts: false,
      noHostname: false,
      labels: {},
      mounts: [],
      exitPolicy: "continue",
      sysctls: {},
      shmSize: 65_536_000,
      limits: {},
      cgroupPath: `/podwright-test/${id}`,
      cgroupParent: "/podwright-test",
      security: NO_SECURITY,
      ...change,
    },
  };
}

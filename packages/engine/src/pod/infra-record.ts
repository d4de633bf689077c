/** The infra container as users know it: a record of the pod's sandbox, without a process and without an image. */
import type { PodRequest } from "@podwright/spec/engine-api/pods";
import type { ContainerRecord, MemberNamespaceMode } from "../ports/container-record.ts";
import type { PodConfig } from "../ports/pod-record.ts";

export function infraRecord(pod: PodConfig, request: PodRequest, runtime: string): ContainerRecord {
  const own = (kind: "ipc" | "uts" | "pid" | "cgroup"): MemberNamespaceMode =>
    pod.share.includes(kind) ? { kind: kind === "ipc" ? "shareable" : "private" } : { kind: "host" };
  return {
    phase: "ready",
    state: { restarts: 0, error: "" },
    config: {
      id: pod.infraId,
      name: request.infraName ?? `${pod.id.slice(0, 12)}-infra`,
      created: pod.created,
      podId: pod.id,
      infra: true,
      createCommand: [],
      image: { id: "", name: "", rawName: "", digest: "", volumes: [] },
      process: {
        args: [],
        entrypoint: [],
        command: [],
        env: [],
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
        passwd: false,
      },
      mounts: [],
      rootfs: { readOnly: true, readOnlyTmpfs: false },
      shmSize: pod.shmSize,
      devices: [],
      network: {
        mode: pod.share.includes("net") ? pod.network : { kind: "none" },
        ports: pod.ports,
        exposed: [],
        publishAll: false,
        dns: pod.dns,
        addHost: pod.addHost,
        noHosts: pod.noHosts,
        noHostname: pod.noHostname,
        hostname: pod.hostname,
      },
      namespaces: {
        pid: own("pid"),
        ipc: own("ipc"),
        uts: own("uts"),
        cgroup: own("cgroup"),
        user: { kind: "host" },
      },
      security: pod.security,
      capabilities: [],
      sysctls: pod.sysctls,
      ulimits: [],
      limits: {},
      cgroupParent: pod.cgroupPath,
      cgroups: "enabled",
      labels: pod.labels,
      annotations: {},
      log: { driver: "none", path: "", maxSize: -1, tag: "", options: {} },
      autoRemove: false,
      cidFile: "",
      pidFile: "",
      conmonPidFile: "",
      dependencies: [],
      runtime,
    },
  };
}

import { expect, test } from "bun:test";
import { containerYaml, planYaml, podYaml } from "../../../testing/kube-plan.ts";

test("command and args replace the image's as Kubernetes says", () => {
  const of = (fields: string): unknown => {
    const { entrypoint, command } = planYaml(containerYaml(fields)).container("app");
    return { entrypoint, command };
  };
  expect(of("")).toEqual({ entrypoint: undefined, command: [] });
  expect(of("    args: [a, b]\n")).toEqual({ entrypoint: undefined, command: ["a", "b"] });
  expect(of("    command: [/x]\n")).toEqual({ entrypoint: ["/x"], command: [] });
  expect(of("    command: [/x]\n    args: [a]\n")).toEqual({ entrypoint: ["/x"], command: ["a"] });
  expect(of("    command: []\n    args: []\n")).toEqual({ entrypoint: undefined, command: [] });
});

test("a container is asked for in its pod, by its pod's name", () => {
  const { pod, container, told } = planYaml(
    containerYaml(
      `    workingDir: /srv
    stdin: true
    tty: true
    ports: [{containerPort: 80}, {containerPort: 53, protocol: UDP}]
    lifecycle: {stopSignal: SIGUSR1}
`,
      "  terminationGracePeriodSeconds: 7\n",
    ),
    { request: { logDriver: "k8s-file", logOptions: { path: "/var/log/x" } } },
  );
  expect(told).toEqual([]);
  expect(container("app")).toMatchObject({
    name: "web-app",
    image: "quay.io/app:1",
    pod: { kind: "existing", nameOrId: pod.request.id },
    workdir: "/srv",
    createWorkdir: true,
    openStdin: true,
    tty: true,
    stopSignal: "SIGUSR1",
    stopTimeout: 7,
    expose: ["80/tcp", "53/udp"],
    ports: [],
    restart: { name: "no", maximumRetries: 0 },
    logDriver: "k8s-file",
    logOptions: { path: "/var/log/x" },
  });
  expect(pod.containers[0]?.path).toEqual(["spec", "containers", 0]);
  const bare = planYaml(containerYaml(""), { request: { noPodPrefix: true } });
  expect(bare.pod.containers[0]?.request.name).toBe("app");
});

test("images are pulled as Podman pulls for Kubernetes", () => {
  const policy = (image: string, asked = ""): string =>
    planYaml(
      podYaml(
        `  containers:\n  - name: app\n    image: ${image}\n${asked === "" ? "" : `    imagePullPolicy: ${asked}\n`}`,
      ),
    ).container("app").pull;
  expect(policy("quay.io/app:1")).toBe("missing");
  expect(policy("quay.io/app")).toBe("newer");
  expect(policy("quay.io/app:latest")).toBe("newer");
  expect(policy("localhost:5000/app")).toBe("newer");
  expect(policy(`quay.io/app@sha256:${"a".repeat(64)}`)).toBe("missing");
  expect(policy("nginx")).toBe("missing");
  expect(policy("docker.io/library/nginx")).toBe("newer");
  expect(policy("quay.io/app", "IfNotPresent")).toBe("missing");
  expect(policy("quay.io/app:1", "Always")).toBe("always");
  expect(policy("quay.io/app:1", "Never")).toBe("never");
});

test("pull secrets give the credentials of the image's registry", () => {
  const auths = {
    "quay.io": { auth: Buffer.from("quay:one").toString("base64") },
    "quay.io/team": { username: "team", password: "two:three" },
    "https://index.docker.io/v1/": { auth: Buffer.from("hub:pw").toString("base64") },
  };
  const yaml = `${podYaml(`  imagePullSecrets: [{name: regcred}, {name: gone}, {name: other}]
  containers:
  - {name: a, image: "quay.io/app:1"}
  - {name: b, image: "quay.io/team/app:1"}
  - {name: c, image: "nginx:1"}
  - {name: d, image: "ghcr.io/app:1"}
`)}---
apiVersion: v1
kind: Secret
metadata: {name: regcred}
type: kubernetes.io/dockerconfigjson
stringData: {.dockerconfigjson: '${JSON.stringify({ auths })}'}
---
apiVersion: v1
kind: Secret
metadata: {name: other}
data: {x: eA==}
`;
  const { told, container } = planYaml(yaml, { request: { registry: { tlsVerify: false } } });
  expect(told).toEqual([
    '7:46 warning: Secret "gone" not found: images are pulled without it',
    '7:60 error: Secret "other" holds no registry credentials',
  ]);
  expect(container("a").registry).toEqual({ tlsVerify: false, creds: "quay:one" });
  expect(container("b").registry).toEqual({ tlsVerify: false, creds: "team:two:three" });
  expect(container("c").registry).toEqual({ tlsVerify: false, creds: "hub:pw" });
  expect(container("d").registry).toEqual({ tlsVerify: false });
  const given = planYaml(yaml, { request: { registry: { creds: "me:secret" } } });
  expect(given.container("a").registry).toEqual({ creds: "me:secret" });
});

test("resources become cgroup limits and devices", () => {
  const { told, container } = planYaml(
    containerYaml(`    resources:
      limits: {cpu: 500m, memory: 128Mi, nvidia.com/gpu: 1, ephemeral-storage: 1Gi}
      requests: {cpu: 250m, memory: 64Mi}
`),
  );
  expect(told).toEqual([
    "11:42 warning: no device plugin on this machine gives nvidia.com/gpu: the container runs without it",
    "11:61 warning: ephemeral-storage is not counted and not limited here",
  ]);
  expect(container("app").limits).toEqual({
    memory: 128 * 1024 ** 2,
    memoryReservation: 64 * 1024 ** 2,
    cpuPeriod: 100_000,
    cpuQuota: 50_000,
    cpuShares: 256,
  });
  const little = planYaml(containerYaml("    resources: {limits: {cpu: 1m}}\n")).container("app").limits;
  expect(little).toEqual({ cpuPeriod: 100_000, cpuQuota: 1000, cpuShares: 2 });
  expect(planYaml(containerYaml("")).container("app").limits).toEqual({});
});

test("without a delegated cgroup requests are let go, limits are refused at their place", () => {
  const facts = { canLimit: (limit: string) => limit.startsWith("memory") };
  const why = "no cgroup with that controller is delegated to this user";
  const asked = planYaml(containerYaml("    resources: {requests: {cpu: 250m, memory: 64Mi}}\n"), { facts });
  expect(asked.told).toEqual([`10:28 warning: cpu is not set apart: ${why}`]);
  expect(asked.container("app").limits).toEqual({ memoryReservation: 64 * 1024 ** 2 });
  const { told } = planYaml(containerYaml("    resources: {limits: {cpu: 250m, memory: 64Mi}}\n"), { facts });
  expect(told).toEqual([`10:26 error: cpu cannot be limited: ${why}`]);
});

test("devices are asked for as resources, mount options after the path", () => {
  const { told, container, pod } = planYaml(
    containerYaml(
      `    resources: {limits: {podman.io/device=/dev/fuse: 1}}
    volumeMounts: [{name: data, mountPath: "/data:Z,noexec"}, {name: more, mountPath: /more}]
`,
      `  volumes:
  - {name: data, hostPath: {path: /srv/data}}
  - {name: more, hostPath: {path: /srv/more}}
`,
    ),
    { request: { annotations: { "bind-mount-options": "/srv/more:z" } } },
  );
  expect(told.filter((line) => !line.includes("which only Podman"))).toEqual([]);
  expect(container("app").devices).toEqual(["/dev/fuse"]);
  expect(container("app").mounts).toEqual([
    { kind: "bind", source: "/srv/data", destination: "/data", options: ["Z", "noexec"] },
    { kind: "bind", source: "/srv/more", destination: "/more", options: ["z"] },
  ]);
  expect(pod.request.played?.options).toEqual(["--annotation bind-mount-options=/srv/more:z"]);
});

test("the container's security context stands over the pod's", () => {
  const { told, container } = planYaml(
    podYaml(`  securityContext:
    runAsUser: 1000
    runAsGroup: 3000
    runAsNonRoot: true
    supplementalGroups: [4000]
    seccompProfile: {type: Localhost, localhostProfile: profiles/audit.json}
    seLinuxOptions: {level: "s0:c1"}
    sysctls: [{name: net/core/somaxconn, value: "1024"}, {name: kernel.msgmax, value: "65536"}]
  containers:
  - name: a
    image: quay.io/app:1
  - name: b
    image: quay.io/app:1
    securityContext:
      runAsUser: 5
      runAsNonRoot: false
      privileged: true
      readOnlyRootFilesystem: true
      procMount: Unmasked
      seccompProfile: {type: Unconfined}
      appArmorProfile: {type: Localhost, localhostProfile: strict}
      capabilities: {add: [NET_ADMIN, cap_sys_time], drop: [ALL]}
  - name: c
    image: quay.io/app:1
    securityContext:
      allowPrivilegeEscalation: false
      seccompProfile: {type: RuntimeDefault}
`),
  );
  expect(told).toEqual([]);
  expect(container("a")).toMatchObject({
    user: "1000:3000",
    runAsNonRoot: true,
    groupAdd: ["4000"],
    security: {
      seccomp: "/var/lib/kubelet/seccomp/profiles/audit.json",
      labels: ["level:s0:c1"],
      privileged: false,
      noNewPrivileges: false,
    },
  });
  expect(container("b")).toMatchObject({
    user: "5:3000",
    readOnly: true,
    security: {
      privileged: true,
      seccomp: "unconfined",
      apparmor: "strict",
      unmask: ["ALL"],
      capAdd: ["CAP_NET_ADMIN", "CAP_SYS_TIME"],
      capDrop: ["ALL"],
    },
  });
  expect(container("b").runAsNonRoot).toBeUndefined();
  expect(container("c").security).toMatchObject({ noNewPrivileges: true, seccomp: "" });
});

test("what a security context cannot have is told", () => {
  const { told } = planYaml(
    podYaml(`  securityContext:
    runAsUser: 0
    seccompProfile: {type: Localhost, localhostProfile: ../../etc/passwd}
    sysctls: [{name: vm.swappiness, value: "1"}]
  containers:
  - name: a
    image: quay.io/app:1
    securityContext:
      runAsNonRoot: true
      capabilities: {add: [KILL], drop: [CAP_KILL]}
`),
  );
  expect(told.toSorted()).toEqual([
    "10:22 error: sysctl 'vm.swappiness' is not allowed",
    '16:28 error: capability "CAP_KILL" cannot be dropped and added',
    "8:16 error: container's runAsUser breaks non-root policy",
    '9:57 error: invalid value "../../etc/passwd": must not contain ".."',
  ]);
});

test("seccomp profiles never come from outside the profiles' root", () => {
  for (const path of ["../x", "/etc/passwd", "a/../../x", ".."]) {
    const annotated = planYaml(
      podYaml(
        "  containers: [{name: app, image: quay.io/app:1}]\n",
        `  annotations: {container.seccomp.security.alpha.kubernetes.io/app: "localhost/${path}"}\n`,
      ),
    );
    expect(annotated.told.filter((line) => line.includes("error"))).toHaveLength(1);
    expect(annotated.container("app").security.seccomp).toBe("");
  }
});

test("probes have Kubernetes' defaults, and numbers for named ports", () => {
  const { told, container } = planYaml(
    containerYaml(`    ports: [{name: http, containerPort: 8080}]
    livenessProbe: {httpGet: {path: /healthz, port: http, httpHeaders: [{name: X-A, value: b}]}, periodSeconds: 3}
    readinessProbe: {exec: {command: [cat, /ready]}, initialDelaySeconds: 5, successThreshold: 2}
    startupProbe: {tcpSocket: {port: 8080}, failureThreshold: 30, terminationGracePeriodSeconds: 1}
    lifecycle:
      postStart: {exec: {command: [touch, /started]}}
      preStop: {sleep: {seconds: 5}}
`),
  );
  expect(told).toEqual([]);
  const defaults = { initialDelay: 0, period: 10, timeout: 1, successThreshold: 1, failureThreshold: 3 };
  expect(container("app").probes).toEqual({
    liveness: {
      ...defaults,
      period: 3,
      action: {
        kind: "http",
        host: "",
        port: 8080,
        path: "/healthz",
        scheme: "HTTP",
        headers: [{ name: "X-A", value: "b" }],
      },
    },
    readiness: {
      ...defaults,
      initialDelay: 5,
      successThreshold: 2,
      action: { kind: "exec", command: ["cat", "/ready"] },
    },
    startup: {
      ...defaults,
      failureThreshold: 30,
      terminationGracePeriod: 1,
      action: { kind: "tcp", host: "", port: 8080 },
    },
  });
  expect(container("app").lifecycle).toEqual({
    postStart: { kind: "exec", command: ["touch", "/started"] },
    preStop: { kind: "sleep", seconds: 5 },
  });
});

test("init containers come first; one that goes on is a sidecar", () => {
  const yaml = (annotations: string): string =>
    podYaml(
      `  initContainers:
  - {name: migrate, image: "quay.io/app:1"}
  - {name: proxy, image: "quay.io/app:1", restartPolicy: Always}
  containers:
  - {name: app, image: "quay.io/app:1"}
`,
      annotations,
    );
  const { told, pod } = planYaml(yaml(""));
  expect(told).toEqual([]);
  expect(
    pod.containers.map(({ request }) => [request.name, request.initContainer, request.restart?.name]),
  ).toEqual([
    ["web-migrate", "once", "no"],
    ["web-proxy", "sidecar", "always"],
    ["web-app", undefined, "no"],
  ]);
  const always = planYaml(yaml("  annotations: {io.podman.annotations.init.container.type: always}\n"));
  expect(always.container("migrate").initContainer).toBe("always");
  const wrong = planYaml(yaml("  annotations: {io.podman.annotations.init.container.type: twice}\n"));
  expect(wrong.told).toEqual(['5:60 error: "twice" is no type of init containers']);
});

test("Podman's annotations act as its flags do", () => {
  const { told, pod, container } = planYaml(
    podYaml(
      `  containers:
  - {name: app, image: "quay.io/app:1"}
  - {name: log, image: "quay.io/app:1"}
`,
      `  annotations:
    example.org/team: blue
    io.podman.annotations.ulimit: nofile=10:20,nproc=5
    io.podman.annotations.pids-limit/app: "50"
    io.podman.annotations.cpuset/app: "0-1"
    io.podman.annotations.memory-nodes/app: "0"
    io.podman.annotations.autoremove/log: "TRUE"
    io.podman.annotations.init: "true"
    io.podman.annotations.init/log: "FALSE"
    io.podman.annotations.volumes-from/log: app:ro;elsewhere
    io.podman.annotations.infra.name: web-pause
    io.podman.annotations.label/app: disable
    io.podman.annotations.seccomp/app: unconfined
    io.podman.annotations.kube.health.check: "true"
`,
    ),
  );
  expect(told).toEqual([]);
  expect(pod.request.infraName).toBe("web-pause");
  expect(container("app")).toMatchObject({
    annotations: { "example.org/team": "blue" },
    ulimits: [
      { name: "nofile", soft: 10, hard: 20 },
      { name: "nproc", soft: 5, hard: 5 },
    ],
    limits: { pids: 50, cpusetCpus: "0-1", cpusetMems: "0" },
    autoRemove: false,
    init: true,
    security: { labels: ["disable"], seccomp: "unconfined" },
  });
  expect(container("log")).toMatchObject({
    autoRemove: true,
    init: false,
    volumesFrom: ["web-app:ro", "elsewhere"],
    limits: {},
  });
});

test("annotations that cannot act are told by name", () => {
  const { told } = planYaml(
    podYaml(
      "  containers: [{name: app, image: quay.io/app:1}]\n",
      `  annotations:
    io.podman.annotations.userns: none
    io.podman.annotations.autoremove/app: perhaps
    io.podman.annotations.volumes-from: app
    io.podman.annotations.sdnotify: conmon
    io.podman.annotations.kube.image.automount/app: quay.io/x
    io.podman.annotations.whatever: "1"
    io.podman.annotations.init/nobody: "true"
    io.containers.autoupdate: registry
`,
    ),
  );
  expect(told).toEqual([
    "6:35 error: unrecognized namespace mode none passed",
    '7:43 error: "perhaps" is neither TRUE nor FALSE',
    "8:41 error: annotation io.podman.annotations.volumes-from without target volume is reserved for internal use",
    '9:37 warning: annotation "io.podman.annotations.sdnotify" has no effect: systemd is not notified',
    '10:53 error: annotation "io.podman.annotations.kube.image.automount/app" is not implemented: volumes of other images are not mounted',
    '11:37 warning: annotation "io.podman.annotations.whatever" is not known and has no effect',
    '12:40 warning: annotation "io.podman.annotations.init/nobody" has no effect: there is no container "nobody"',
    '13:31 warning: annotation "io.containers.autoupdate" has no effect: images are not updated by themselves',
  ]);
});

/** Random pods, written the way `kube generate` writes them: no default is spelled out, lists stand in its order. */
import fc from "fast-check";
import { escapeReferences } from "../src/kube/generate/expansion.ts";
import { bytesQuantity, cpuQuantity } from "../src/kube/generate/quantity.ts";

type Data = Readonly<Record<string, unknown>>;

const IMAGE = "docker.io/library/busybox:latest";

/** Drops members that are undefined and members without content. */
function present(members: Data): Data {
  return Object.fromEntries(
    Object.entries(members).filter(
      ([, value]) =>
        value !== undefined &&
        !(typeof value === "object" && value !== null && Object.keys(value).length === 0),
    ),
  );
}

const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined });
const yes = maybe(fc.constant(true));
const text = fc.string({
  unit: fc.constantFrom("a", "B", " ", "$", "(", ")", '"', "\n", "#", ":", "0", "é"),
});
const word = text.map((value) => escapeReferences(value, []));
const port = fc.integer({ min: 1, max: 65_535 });

const environment = fc
  .uniqueArray(fc.record({ name: fc.stringMatching(/^[A-Z_]{1,6}$/), value: word }), {
    selector: ({ name }) => name,
    maxLength: 4,
  })
  .map((list) => list.filter(({ name }) => name !== "PATH" && name !== "TERM"));

const probeAction = fc.oneof(
  fc.record({ exec: fc.record({ command: fc.array(text, { minLength: 1, maxLength: 3 }) }) }),
  port.map((number) => ({ tcpSocket: { port: number } })),
  port.map((number) => ({ grpc: { port: number } })),
  fc
    .record({
      port,
      path: fc.constantFrom("/healthz", undefined),
      scheme: fc.constantFrom("HTTPS", undefined),
    })
    .map((get) => ({ httpGet: present(get) })),
);

const probe = fc
  .record({
    action: probeAction,
    initialDelaySeconds: maybe(fc.integer({ min: 1, max: 99 })),
    periodSeconds: maybe(fc.integer({ min: 11, max: 99 })),
    timeoutSeconds: maybe(fc.integer({ min: 2, max: 9 })),
    failureThreshold: maybe(fc.integer({ min: 4, max: 9 })),
  })
  .map(({ action, ...rest }) => present({ ...action, ...rest }));

const hook = fc.oneof(
  fc.record({ exec: fc.record({ command: fc.array(text, { minLength: 1, maxLength: 2 }) }) }),
  fc.constant({ sleep: { seconds: 2 } }),
);

const resources = fc
  .record({
    cpu: maybe(fc.integer({ min: 10, max: 4000 })),
    cpuPart: maybe(fc.integer({ min: 1, max: 9 })),
    memory: maybe(fc.integer({ min: 8, max: 1 << 20 })),
    memoryPart: maybe(fc.integer({ min: 1, max: 9 })),
  })
  .map(({ cpu, cpuPart, memory, memoryPart }) => {
    const request =
      cpuPart === undefined ? undefined : Math.max(2, Math.trunc(((cpu ?? 1000) * cpuPart) / 10));
    const reserved = memoryPart === undefined ? undefined : Math.trunc(((memory ?? 1000) * memoryPart) / 10);
    return present({
      limits: present({
        cpu: cpu === undefined ? undefined : cpuQuantity(cpu),
        memory: memory === undefined ? undefined : bytesQuantity(memory * 1024),
      }),
      requests: present({
        cpu: request === undefined || request === cpu ? undefined : cpuQuantity(request),
        memory: reserved === undefined || reserved === 0 ? undefined : bytesQuantity(reserved * 1024),
      }),
    });
  });

const capabilities = fc
  .uniqueArray(fc.constantFrom("CHOWN", "FOWNER", "KILL", "NET_ADMIN", "SETUID", "SYS_CHROOT"), {
    maxLength: 4,
  })
  .chain((names) =>
    fc
      .nat({ max: names.length })
      .map((at) => present({ add: names.slice(0, at).sort(), drop: names.slice(at).sort() })),
  );

const securityContext = fc.oneof(
  fc.constant({}),
  fc.constant({ privileged: true }),
  fc
    .record({
      runAsUser: maybe(fc.integer({ min: 1, max: 70_000 })),
      runAsGroup: maybe(fc.integer({ min: 1, max: 70_000 })),
      runAsNonRoot: yes,
      readOnlyRootFilesystem: yes,
      allowPrivilegeEscalation: maybe(fc.constant(false)),
      capabilities,
      seccompProfile: maybe(
        fc.constantFrom({ type: "Unconfined" }, { type: "Localhost", localhostProfile: "strict.json" }),
      ),
    })
    .map(({ runAsUser, runAsGroup, runAsNonRoot, ...rest }) =>
      present({ ...rest, ...(runAsUser === undefined ? {} : { runAsUser, runAsGroup, runAsNonRoot }) }),
    ),
);

/** What a pod may mount; each is named as it is written. */
const VOLUMES: readonly (Data & { readonly name: string })[] = [
  { name: "scratch", emptyDir: {} },
  { name: "fast", emptyDir: { medium: "Memory", sizeLimit: "64Mi" } },
  { name: "etc-host-0", hostPath: { path: "/etc", type: "Directory" } },
  { name: "data-pvc", persistentVolumeClaim: { claimName: "data" } },
];

const mounts = fc.uniqueArray(
  fc.record({
    name: fc.constantFrom(...VOLUMES.map(({ name }) => name)),
    mountPath: fc.constantFrom("/a", "/b", "/c/d", "/e"),
    readOnly: yes,
    subPath: maybe(fc.constant("below")),
    mountPropagation: maybe(fc.constant("HostToContainer")),
  }),
  { selector: ({ mountPath }) => mountPath, maxLength: 3 },
);

const commandLine = fc.oneof(
  fc.constant({}),
  fc.array(word, { minLength: 1, maxLength: 3 }).map((args) => ({ args })),
  fc.record({
    command: fc.array(word, { minLength: 1, maxLength: 2 }),
    args: maybe(fc.array(word, { minLength: 1, maxLength: 2 })),
  }),
);

const container = fc
  .record({
    line: commandLine,
    env: environment,
    workingDir: maybe(fc.constant("/srv")),
    tty: yes,
    stdin: yes,
    resources,
    securityContext,
    volumeMounts: mounts,
    livenessProbe: maybe(probe),
    readinessProbe: maybe(probe),
    startupProbe: maybe(probe),
    postStart: maybe(hook),
    preStop: maybe(hook),
    stopSignal: maybe(fc.constant("SIGINT")),
  })
  .map(({ line, postStart, preStop, stopSignal, volumeMounts, ...rest }) =>
    present({
      image: IMAGE,
      ...line,
      ...rest,
      lifecycle: present({ postStart, preStop, stopSignal }),
      volumeMounts: volumeMounts
        .map(present)
        .sort((a, b) => (String(a["mountPath"]) < String(b["mountPath"]) ? -1 : 1)),
    }),
  );

const initContainer = container.chain((made) =>
  fc.boolean().map((sidecar) => {
    if (sidecar) return { ...made, restartPolicy: "Always" };
    const {
      lifecycle: _,
      livenessProbe: _l,
      readinessProbe: _r,
      startupProbe: _s,
      ...rest
    } = made as Record<string, unknown>;
    return rest;
  }),
);

const podFields = fc.record({
  restartPolicy: fc.constantFrom("Always", "Never", "OnFailure"),
  hostname: maybe(fc.constant("front")),
  hostAliases: maybe(
    fc.constant([
      { ip: "10.0.0.1", hostnames: ["db", "cache"] },
      { ip: "fd00::1", hostnames: ["six"] },
    ]),
  ),
  dnsConfig: maybe(
    fc.constant({
      nameservers: ["1.1.1.1"],
      searches: ["example.com"],
      options: [{ name: "ndots", value: "2" }, { name: "rotate" }],
    }),
  ),
  shareProcessNamespace: yes,
  terminationGracePeriodSeconds: maybe(fc.integer({ min: 11, max: 99 })),
});

const podSecurity = fc
  .record({
    fsGroup: maybe(fc.integer({ min: 1, max: 999 })),
    supplementalGroups: maybe(
      fc.uniqueArray(fc.integer({ min: 1000, max: 2000 }), { minLength: 1, maxLength: 3 }),
    ),
    sysctls: maybe(fc.constant([{ name: "net.core.somaxconn", value: "512" }])),
  })
  .map(present);

const publications = fc.uniqueArray(
  fc.record({
    containerPort: port,
    hostPort: maybe(port),
    protocol: fc.constantFrom("UDP", undefined),
    at: fc.nat(),
  }),
  {
    selector: ({ containerPort, hostPort }) => ({
      inside: containerPort,
      outside: hostPort ?? containerPort,
    }),
    comparator: (one, other) => one.inside === other.inside || one.outside === other.outside,
    maxLength: 4,
  },
);

/** Documents: claims first, then the pod. */
export const podManifests: fc.Arbitrary<readonly Data[]> = fc
  .record({
    fields: podFields,
    security: podSecurity,
    onHost: fc.constantFrom({}, {}, { hostNetwork: true }, { hostIPC: true }),
    annotations: fc.constantFrom(
      {},
      { "example.com/owner": "me", "io.podman.annotations.pids-limit/c0": "40" },
    ),
    labels: fc.constantFrom({ app: "web" }, { app: "shop", tier: "front" }),
    containers: fc.array(container, { minLength: 1, maxLength: 3 }),
    init: fc.array(initContainer, { maxLength: 2 }),
    ports: publications,
  })
  .map((parts) => assemble(parts));

interface Parts {
  readonly fields: Data;
  readonly security: Data;
  readonly onHost: Data;
  readonly annotations: Data;
  readonly labels: Data;
  readonly containers: readonly Data[];
  readonly init: readonly Data[];
  readonly ports: readonly {
    readonly containerPort: number;
    readonly hostPort: number | undefined;
    readonly protocol: string | undefined;
    readonly at: number;
  }[];
}

function assemble({
  fields,
  security,
  onHost,
  annotations,
  labels,
  containers,
  init,
  ports,
}: Parts): readonly Data[] {
  const ofHost = onHost["hostNetwork"] === true;
  const named = containers.map((made, index): Data => {
    const own = ports
      .filter(({ at }) => at % containers.length === index)
      .map(({ containerPort, hostPort, protocol }) =>
        present({ containerPort, protocol, hostPort: ofHost ? undefined : hostPort }),
      );
    const sorted = [...own.filter((one) => "hostPort" in one), ...own.filter((one) => !("hostPort" in one))];
    return present({ name: `c${index}`, ...made, ports: sorted });
  });
  const started = init.map((made, index): Data => ({ name: `i${index}`, ...made }));
  const all = [...started, ...named];
  const used = new Set(
    all.flatMap((made) => ((made["volumeMounts"] ?? []) as readonly Data[]).map(({ name }) => name)),
  );
  const volumes = VOLUMES.filter(({ name }) => used.has(name));
  const takesGroup = volumes.some((volume) => "emptyDir" in volume || "persistentVolumeClaim" in volume);
  const signalled = all.some((made) => (made["lifecycle"] as Data | undefined)?.["stopSignal"] !== undefined);
  const { hostname, ...rest } = fields;
  const spec = present({
    ...rest,
    ...onHost,
    hostname: ofHost ? undefined : hostname,
    os: signalled ? { name: "linux" } : undefined,
    securityContext: present({
      ...security,
      fsGroup: takesGroup ? security["fsGroup"] : undefined,
      sysctls: ofHost ? undefined : security["sysctls"],
    }),
    containers: named,
    initContainers: started,
    volumes,
  });
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: present({ name: "web", labels, annotations }),
    spec,
  };
  return used.has("data-pvc") ? [CLAIM, pod] : [pod];
}

const CLAIM: Data = {
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { name: "data", annotations: { "volume.podman.io/driver": "local" } },
  spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
};

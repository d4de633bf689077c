import { expect, test } from "bun:test";
import fc from "fast-check";
import { containerYaml, planYaml } from "../../../testing/kube-plan.ts";
import { planLines } from "./plan-lines.ts";

const STACK = `apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: pgdata}
spec:
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: 1Gi}}
---
apiVersion: v1
kind: Secret
metadata: {name: db, labels: {app: blog}}
stringData: {password: secret}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: unused}
data: {a: b}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: blog}
spec:
  replicas: 3
  selector: {matchLabels: {app: blog}}
  template:
    metadata: {labels: {app: blog}}
    spec:
      initContainers:
      - {name: wait, image: "quay.io/wait:1", command: [wait]}
      containers:
      - name: db
        image: quay.io/postgres:15
        env: [{name: POSTGRES_PASSWORD, valueFrom: {secretKeyRef: {name: db, key: password}}}]
        volumeMounts: [{name: data, mountPath: /var/lib/postgresql/data}]
      - name: web
        image: quay.io/web
        ports: [{containerPort: 80, hostPort: 8080}]
        volumeMounts: [{name: logs, mountPath: /logs}]
      volumes:
      - {name: data, persistentVolumeClaim: {claimName: pgdata}}
      - {name: logs, hostPath: {path: /var/log/blog, type: DirectoryOrCreate}}
---
apiVersion: batch/v1
kind: Job
metadata: {name: seed}
spec:
  backoffLimit: 2
  completions: 2
  template:
    spec:
      restartPolicy: OnFailure
      containers: [{name: seed, image: "quay.io/web"}]
`;

test("a whole stream becomes one plan, printed in the order of its steps", () => {
  const { told, plan } = planYaml(STACK);
  expect(told).toEqual(["22:13 warning: Limiting replica count to 1: one pod is made, not 3"]);
  expect(planLines(plan)).toEqual([
    "pull image quay.io/wait:1 (missing)",
    "pull image quay.io/postgres:15 (missing)",
    "pull image quay.io/web (newer)",
    "create network podman-default-kube-network",
    "create volume pgdata",
    "create where missing host path /var/log/blog (DirectoryOrCreate)",
    "create pod blog-pod (ports 8080:80/tcp)",
    "create init container blog-pod-wait (image quay.io/wait:1)",
    "create container blog-pod-db (image quay.io/postgres:15)",
    "create container blog-pod-web (image quay.io/web)",
    "create pod seed-pod-0",
    "create container seed-pod-0-seed (image quay.io/web)",
    "create pod seed-pod-1",
    "create container seed-pod-1-seed (image quay.io/web)",
    "create job seed (2 completions, 1 at a time, 2 failures allowed)",
    "start pod blog-pod",
    "start pod seed-pod-0",
    "create secret db",
  ]);
  expect(planLines(plan, { start: false })).not.toContain("start pod blog-pod");
  expect(plan.pods[0]?.request.played?.objects.map(({ kind }) => kind)).toEqual([
    "Deployment",
    "PersistentVolumeClaim",
    "Secret",
  ]);
  expect(plan.pods[1]?.request.played?.objects.map(({ kind }) => kind)).toEqual(["Job"]);
});

test("a Secret is kept whole, as JSON, with its text as data", () => {
  const { plan } = planYaml(STACK);
  const [secret] = plan.secrets;
  expect(secret).toMatchObject({ name: "db", labels: { app: "blog" } });
  expect(JSON.parse(Buffer.from(secret?.data ?? []).toString())).toEqual({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "db", labels: { app: "blog" } },
    data: { password: Buffer.from("secret").toString("base64") },
  });
});

test("names that are taken are told with what takes them, unless they are to be replaced", () => {
  const yaml = containerYaml("");
  const taken = planYaml(yaml, { facts: { podExists: () => true, containerOwner: () => "web" } });
  expect(taken.told).toEqual(['4:9 error: name "web" is in use: pod already exists']);
  expect(taken.diagnostics[0]?.hint).toContain("--replace");
  const loose = planYaml(yaml, { facts: { containerOwner: () => "" } });
  expect(loose.told).toEqual(['8:11 error: the container name "web-app" is already in use']);
  const foreign = planYaml(yaml, { facts: { containerOwner: () => "other" } });
  expect(foreign.told).toEqual([
    '8:11 error: the container name "web-app" is already in use by a container of pod "other"',
  ]);
  const facts = { podExists: () => true, containerOwner: () => "web" };
  const replaced = planYaml(yaml, { request: { replace: true }, facts });
  expect(replaced.told).toEqual([]);
  expect(replaced.pod.request.replace).toBe(true);
});

test("two objects of a stream do not get one pod, one container name or one port", () => {
  const pod = (name: string, container: string, port: string): string => `apiVersion: v1
kind: Pod
metadata: {name: ${name}}
spec:
  restartPolicy: Never
  containers:
  - {name: ${container}, image: "quay.io/app:1", ports: [{containerPort: 80, ${port}}]}
`;
  const deployment = `apiVersion: apps/v1
kind: DaemonSet
metadata: {name: a}
spec:
  selector: {matchLabels: {a: b}}
  template:
    metadata: {labels: {a: b}}
    spec: {containers: [{name: x, image: "quay.io/app:1"}]}
`;
  const { told } = planYaml(
    [
      pod("a-pod", "b", "hostPort: 80, hostIP: 127.0.0.1"),
      pod("a", "pod-b", "hostPort: 80"),
      pod("c", "d", "hostPort: 80, hostIP: 127.0.0.2"),
      deployment,
    ].join("---\n"),
  );
  expect(told.filter((line) => line.includes("error"))).toEqual([
    '15:12 error: container name "a-pod-b" is wanted by Pod "a-pod" too',
    '15:81 error: conflicting port mappings for host port 80 (protocol tcp): it is wanted by pod "a-pod" too',
    '23:77 error: conflicting port mappings for host port 80 (protocol tcp): it is wanted by pod "a" too',
    '27:18 error: pod "a-pod" would be made twice: Pod "a-pod" makes it too',
  ]);
});

test("a ConfigMap alone is nothing to play", () => {
  const { told } = planYaml("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {b: c}\n");
  expect(told).toEqual([
    "1:1 error: ConfigMaps in podman are not a standalone object and must be used in a container",
  ]);
});

test("what reading has refused is not told a second time", () => {
  const { told } = planYaml(
    containerYaml(`    securityContext: {capabilities: {add: [NET_AMDIN]}}
    volumeMounts: [{name: nothing, mountPath: /x}]
`),
  );
  const places = told.map((line) => line.split(" ")[0]);
  expect(new Set(places).size).toBe(places.length);
});

test("planPlay() throws for nothing that reading leaves of a torn manifest", () => {
  const lines = STACK.split("\n");
  const dropped = fc.array(fc.nat(lines.length - 1), { maxLength: 6 });
  const changed = fc.record({
    line: fc.nat(lines.length - 1),
    text: fc.constantFrom("x", "1", "[]", "{}", "~"),
  });
  fc.assert(
    fc.property(dropped, fc.array(changed, { maxLength: 3 }), (gone, changes) => {
      const torn = lines.map((line, i) => {
        const change = changes.find((one) => one.line === i);
        return change === undefined ? line : line.replace(/: .*/, `: ${change.text}`);
      });
      const { plan } = planYaml(torn.filter((_, i) => !gone.includes(i)).join("\n"));
      planLines(plan);
    }),
    { numRuns: 60 },
  );
});

test("names that every object of JavaScript has are names like others", () => {
  const { told, container } = planYaml(
    `apiVersion: v1
kind: Pod
metadata: {name: web, annotations: {io.podman.annotations.constructor: x}}
spec:
  restartPolicy: Never
  containers:
  - name: app
    image: quay.io/app:1
    env: [{name: A, valueFrom: {fieldRef: {fieldPath: "metadata.labels['constructor']"}}}]
`,
  );
  expect(told).toEqual([
    '3:72 warning: annotation "io.podman.annotations.constructor" is not known and has no effect',
  ]);
  expect(container("app").env).toEqual(["A="]);
});

const job = (spec: string, policy = "OnFailure") => `
apiVersion: batch/v1
kind: Job
metadata: {name: seed}
spec:
  ${spec}
  template:
    spec: {restartPolicy: ${policy}, containers: [{name: main, image: "quay.io/web"}]}
`;

test.each<[string, string[], object]>([
  ["suspend: false", ["seed-pod"], { completions: 1, parallelism: 1, backoffLimit: 6, suspended: false }],
  ["parallelism: 2", ["seed-pod-0", "seed-pod-1"], { parallelism: 2, backoffLimit: 6, suspended: false }],
  ["completions: 2", ["seed-pod-0", "seed-pod-1"], { completions: 2, parallelism: 1 }],
  ["suspend: true", ["seed-pod"], { suspended: true }],
  ["activeDeadlineSeconds: 5\n  ttlSecondsAfterFinished: 0", ["seed-pod"], { activeDeadline: 5, keptFor: 0 }],
])("a Job with %s", (spec, names, planned) => {
  const { plan, told } = planYaml(job(spec));
  expect(told).toEqual([]);
  expect(plan.pods.map(({ request }) => request.name)).toEqual(names);
  expect(plan.jobs).toMatchObject([{ name: "seed", spec: planned }]);
  expect(plan.pods.map(({ request }) => request.job)).toEqual(
    names.map((_, index) => ({ id: plan.jobs[0]?.id ?? "", index })),
  );
});

test("no container of a Job is restarted more often than the Job allows", () => {
  const restart = (yaml: string) => planYaml(yaml).plan.pods[0]?.containers[0]?.request.restart;
  expect(restart(job("backoffLimit: 3"))).toEqual({ name: "on-failure", maximumRetries: 3 });
  expect(restart(job("backoffLimit: 0"))).toEqual({ name: "no", maximumRetries: 0 });
  expect(restart(job("backoffLimit: 3", "Never"))).toEqual({ name: "no", maximumRetries: 0 });
});

test("a Job without completions makes no pod, and says so", () => {
  const { plan, told } = planYaml(job("completions: 0"));
  expect(told).toEqual(["6:16 warning: completions is 0: no pod is made"]);
  expect(plan.pods).toEqual([]);
});

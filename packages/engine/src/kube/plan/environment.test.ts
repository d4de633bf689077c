import { expect, test } from "bun:test";
import { containerYaml, planYaml } from "../../../testing/kube-plan.ts";

const CONFIG = `---
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
data:
  LEVEL: debug
  GREETING: hello
  log.file: /var/log/app
binaryData:
  blob: AAEC
`;
const SECRET = `---
apiVersion: v1
kind: Secret
metadata:
  name: login
data:
  user: YWRtaW4=
stringData:
  password: "pa$(LEVEL)ss"
`;

test("env is laid over envFrom, and $(NAME) is what stands before", () => {
  const { told, container } = planYaml(
    containerYaml(
      `    envFrom:
    - prefix: CFG_
      configMapRef: {name: settings}
    - configMapRef: {name: settings}
    - secretRef: {name: login}
    env:
    - {name: LEVEL, value: "$(LEVEL)+"}
    - {name: URL, value: "http://$(HOST)/$(GREETING)/$(LEVEL)"}
    - {name: HOST, value: example.org}
    - {name: PRICE, value: "$$(LEVEL) $$5"}
    - name: PASSWORD
      valueFrom: {secretKeyRef: {name: login, key: password}}
    - {name: LOGIN, value: "$(user):$(PASSWORD)"}
    command: ["/bin/app", "--level=$(LEVEL)", "$(NOPE)"]
    args: ["$(HOST)"]
`,
    ) +
      CONFIG +
      SECRET,
  );
  expect(told).toEqual([]);
  expect(container("app")).toMatchObject({
    entrypoint: ["/bin/app", "--level=debug+", "$(NOPE)"],
    command: ["example.org"],
    env: [
      "CFG_LEVEL=debug",
      "CFG_GREETING=hello",
      "CFG_log.file=/var/log/app",
      "LEVEL=debug+",
      "GREETING=hello",
      "log.file=/var/log/app",
      "user=admin",
      "password=pa$(LEVEL)ss",
      "URL=http://$(HOST)/hello/debug+",
      "HOST=example.org",
      "PRICE=$(LEVEL) $5",
      "PASSWORD=pa$(LEVEL)ss",
      "LOGIN=admin:pa$(LEVEL)ss",
    ],
  });
});

test("a pod's own fields and resources become variables; addresses wait for the start", () => {
  const { told, container, pod } = planYaml(
    `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata:
      labels: {app: web}
      annotations: {"example.org/team": blue}
    spec:
      containers:
      - name: app
        image: quay.io/app:1
        resources:
          limits: {cpu: 1500m, memory: 100Mi}
          requests: {memory: 1000k}
        env:
        - {name: POD, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
        - {name: NS, valueFrom: {fieldRef: {fieldPath: metadata.namespace}}}
        - {name: UID, valueFrom: {fieldRef: {fieldPath: metadata.uid}}}
        - {name: APP, valueFrom: {fieldRef: {fieldPath: "metadata.labels['app']"}}}
        - {name: TEAM, valueFrom: {fieldRef: {fieldPath: "metadata.annotations['example.org/team']"}}}
        - {name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}
        - {name: ACCOUNT, valueFrom: {fieldRef: {fieldPath: spec.serviceAccountName}}}
        - {name: IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
        - {name: HOSTS, valueFrom: {fieldRef: {fieldPath: status.hostIPs}}}
        - {name: LISTEN, value: "$(IP):80 $$(IP)"}
        - {name: CPU, valueFrom: {resourceFieldRef: {resource: limits.cpu}}}
        - {name: MILLI, valueFrom: {resourceFieldRef: {resource: limits.cpu, divisor: 1m}}}
        - {name: MEM, valueFrom: {resourceFieldRef: {resource: limits.memory, divisor: 1Mi}}}
        - {name: REQ, valueFrom: {resourceFieldRef: {resource: requests.memory, divisor: 1Ki}}}
        - {name: HELPER_MEM, valueFrom: {resourceFieldRef: {containerName: helper, resource: limits.memory}}}
        - {name: HELPER_CPU, valueFrom: {resourceFieldRef: {containerName: helper, resource: limits.cpu}}}
        - {name: HELPER_REQ, valueFrom: {resourceFieldRef: {containerName: helper, resource: requests.cpu}}}
      - name: helper
        image: quay.io/app:1
`,
  );
  expect(told).toEqual([]);
  expect(container("app").sandboxEnv).toEqual({ IP: "podIP", HOSTS: "hostIPs" });
  expect(container("app").env).toEqual([
    "POD=web-pod",
    "NS=default",
    `UID=${pod.request.id}`,
    "APP=web",
    "TEAM=blue",
    "NODE=node",
    "ACCOUNT=default",
    "LISTEN=$(IP):80 $$(IP)",
    "CPU=2",
    "MILLI=1500",
    "MEM=100",
    "REQ=977",
    `HELPER_MEM=${8 * 1024 ** 3}`,
    "HELPER_CPU=4",
    "HELPER_REQ=0",
  ]);
});

test("what a variable refers to and is not there is an error at its place, unless it is optional", () => {
  const { told, container, diagnostics } = planYaml(
    containerYaml(
      `    envFrom:
    - configMapRef: {name: nothing}
    - secretRef: {name: nothing, optional: true}
    env:
    - name: A
      valueFrom: {configMapKeyRef: {name: settings, key: LEVLE}}
    - name: B
      valueFrom: {configMapKeyRef: {name: settings, key: NOPE, optional: true}}
    - name: C
      valueFrom: {secretKeyRef: {name: login, key: user}}
    - name: D
      valueFrom: {configMapKeyRef: {name: settings, key: blob}}
`,
    ) + CONFIG,
  );
  expect(told).toEqual([
    '11:28 error: ConfigMap "nothing" not found',
    '15:58 error: ConfigMap "settings" has no key "LEVLE"',
    '19:40 error: Secret "login" not found',
    '21:58 error: ConfigMap "settings" has no key "blob" that a variable can have: it is in binaryData',
  ]);
  expect(diagnostics.map(({ hint }) => hint)).toEqual([
    'define a ConfigMap named "nothing" in the same file or give it by --configmap, or set optional: true',
    "its keys are: GREETING, LEVEL, log.file",
    'define a Secret named "login" in the same file or play it first, or set optional: true',
    "its keys are: GREETING, LEVEL, log.file",
  ]);
  expect(container("app").env).toEqual([]);
});

test("keys that are no names are left out with a warning, values that are no text are errors", () => {
  const { told, container } = planYaml(
    containerYaml(`    envFrom:
    - prefix: '1_'
      configMapRef: {name: settings}
    - secretRef: {name: binary}
`) +
      CONFIG +
      `---
apiVersion: v1
kind: Secret
metadata: {name: binary}
data:
  raw: //4=
  zero: YQBi
  fine: eA==
`,
  );
  expect(told).toEqual([
    '11:7 warning: keys of ConfigMap "settings" that are no names of variables are left out: "1_GREETING", "1_LEVEL", "1_log.file"',
    '13:7 error: the value for "raw" is no text (UTF-8)',
    '13:7 error: the value for "zero" has a NUL byte, which no variable can hold',
  ]);
  expect(container("app").env).toEqual(["fine=x"]);
});

test("ConfigMaps come by --configmap too, secrets from earlier plays too", () => {
  const yaml = containerYaml(`    env:
    - name: A
      valueFrom: {configMapKeyRef: {name: settings, key: LEVEL}}
    - name: B
      valueFrom: {secretKeyRef: {name: stored, key: user}}
    - name: C
      valueFrom: {secretKeyRef: {name: plain, key: user}}
`);
  const stored = { kind: "Secret", apiVersion: "v1", metadata: { name: "stored" }, data: { user: "Ym9i" } };
  const secrets: Readonly<Record<string, Uint8Array>> = {
    stored: Buffer.from(JSON.stringify(stored)),
    plain: Buffer.from("hunter2"),
  };
  const { told, container, pod } = planYaml(yaml, {
    configMaps: CONFIG.slice(4),
    facts: { secret: (name) => secrets[name] },
  });
  expect(told).toEqual(['16:40 error: secret "plain" holds no Kubernetes Secret']);
  expect(container("app").env).toEqual(["A=debug", "B=bob"]);
  expect(pod.request.played?.objects.map(({ kind }) => kind)).toEqual(["Pod"]);
  expect(pod.request.played?.options).toEqual(["--configmap maps.yaml"]);
});

test("one ConfigMap in the stream and by --configmap is ambiguous", () => {
  const { told } = planYaml(containerYaml("") + CONFIG, { configMaps: CONFIG.slice(4) });
  expect(told).toEqual([
    '14:9 error: ambiguous configuration: the ConfigMap "settings" is given by --configmap too',
  ]);
});

/** Fields of a manifest as the containers see them: variables, files, users, limits, names, ports. */
import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { makeOwn, openEngine, setting } from "./engine.ts";
import { expectAsBefore, expectCleanEnd, type HostState, hostState } from "./host-state.ts";
import { waitFor } from "./waiting.ts";
import { warmUp } from "./warm-up.ts";

const engine = openEngine("shared", { limitsLetGo: true });
const { run, ok, pw } = engine;
const directory = join(setting("WORK"), "kube-fields");
const played: string[] = [];
let before: HostState;

const SECRET = `apiVersion: v1
kind: Secret
metadata: {name: login}
stringData: {password: "s$(LEVEL)t"}
`;

beforeAll(async () => {
  makeOwn(directory);
  await warmUp(engine);
  await play(`${SECRET}---\n${pod("warm", '    command: ["true"]\n')}`);
  await down();
  // The first secret leaves its directory, the first play its locks.
  before = await hostState(engine);
});

afterEach(async () => {
  await down();
  await expectAsBefore(engine, before);
});

afterAll(async () => {
  rmSync(directory, { recursive: true, force: true });
  await expectCleanEnd(engine, before);
});

async function play(yaml: string, ...flags: readonly string[]): Promise<string> {
  played.push(yaml);
  const result = await run(["kube", "play", ...flags, "-"], { stdin: yaml });
  if (result.code !== 0) throw new Error(`${result.stdout}${result.stderr}`);
  return result.stderr;
}

async function down(): Promise<void> {
  for (const yaml of played.splice(0)) await run(["kube", "down", "--force", "-"], { stdin: yaml });
}

function pod(name: string, fields: string, spec = ""): string {
  return `apiVersion: v1
kind: Pod
metadata:
  name: ${name}
  labels: {app: ${name}}
spec:
  restartPolicy: Never
  terminationGracePeriodSeconds: 0
${spec}  containers:
  - name: app
    image: busybox
    imagePullPolicy: IfNotPresent
${fields}`;
}

const SLEEP = '    command: [sleep, "1000"]\n';
const sh = (name: string, script: string): Promise<string> => ok("exec", name, "sh", "-c", script);

test("variables of all sources reach the process, expanded as Kubernetes expands them", async () => {
  await play(`apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {LEVEL: debug, GREETING: hello}
---
${SECRET}---
${pod(
  "vars",
  `    resources: {limits: {memory: 64Mi}}
    env:
    - {name: IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
    - {name: URL, value: "http://$(IP):80/$(GREETING)"}
    - {name: TEXT, value: "$$(IP) $$HOME"}
    - {name: POD, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
    - {name: APP, valueFrom: {fieldRef: {fieldPath: "metadata.labels['app']"}}}
    - {name: MEM, valueFrom: {resourceFieldRef: {resource: limits.memory, divisor: 1Mi}}}
    - {name: PASSWORD, valueFrom: {secretKeyRef: {name: login, key: password}}}
    envFrom: [{configMapRef: {name: settings}}]
    command: [sh, -c]
    args: ["echo $(LEVEL) $(NOPE) $(URL) \\"$TEXT\\" $POD $APP $MEM \\"$PASSWORD\\"; sleep 1000"]
`,
)}`);
  const ip = await sh("vars-app", "ip -4 -o addr show eth0 | sed 's/.*inet //; s/\\/.*//'");
  await waitFor("its output", async () => (await ok("logs", "vars-app")) !== "" || undefined);
  // The shell finds no variable NOPE to put in: what Kubernetes leaves is a command for it.
  expect(await ok("logs", "vars-app")).toBe(
    `debug http://${ip}:80/hello $(IP) $HOME vars vars 64 s$(LEVEL)t`,
  );
});

test("files of ConfigMaps, Secrets and the pod itself have their modes and cannot be written", async () => {
  await play(`apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {app.conf: "a=1", extra: more}
---
${SECRET}---
${pod(
  "files",
  `${SLEEP}    volumeMounts:
    - {name: conf, mountPath: /conf}
    - {name: conf, mountPath: /etc/app.conf, subPath: app.conf}
    - {name: all, mountPath: /all}
    - {name: tmp, mountPath: /scratch}
    - {name: disk, mountPath: /disk}
`,
  `  securityContext: {runAsUser: 1000, runAsGroup: 1000, fsGroup: 2000}
  volumes:
  - {name: conf, configMap: {name: settings, items: [{key: app.conf, path: app.conf}, {key: extra, path: deep/extra, mode: 0444}]}}
  - name: all
    projected:
      defaultMode: 0400
      sources:
      - secret: {name: login}
      - downwardAPI: {items: [{path: labels, fieldRef: {fieldPath: metadata.labels}}]}
  - {name: tmp, emptyDir: {medium: Memory, sizeLimit: 4Mi}}
  - {name: disk, emptyDir: {}}
`,
)}`);
  expect(
    await sh("files-app", "cat /conf/app.conf /conf/deep/extra /etc/app.conf /all/password /all/labels"),
  ).toBe('a=1morea=1s$(LEVEL)tapp="files"');
  expect(await sh("files-app", "stat -Lc '%a %g' /conf/app.conf /conf/deep/extra /all/password")).toBe(
    "644 2000\n444 2000\n440 2000",
  );
  expect((await pw("exec", "files-app", "sh", "-c", "echo x >/conf/app.conf")).code).not.toBe(0);
  expect(await sh("files-app", "id -u; id -g; id -G")).toMatch(/^1000\n1000\n.*\b2000\b/);
  expect(await sh("files-app", "touch /scratch/x /disk/x && stat -c %g /scratch/x /disk/x")).toBe(
    "2000\n2000",
  );
  expect(await sh("files-app", "df -k /scratch | tail -1 | awk '{print $2}'")).toBe("4096");
});

test("claims, host paths and sub-paths are mounted where the manifest says", async () => {
  await play(`apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: fields-data}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
${pod(
  "mounts",
  `    env: [{name: PART, value: blue}]
${SLEEP}    volumeMounts:
    - {name: data, mountPath: /data}
    - {name: host, mountPath: /host}
    - {name: host, mountPath: /part, subPathExpr: "parts/$(PART)"}
    - {name: host, mountPath: /fixed, readOnly: true}
`,
  `  volumes:
  - {name: data, persistentVolumeClaim: {claimName: fields-data}}
  - {name: host, hostPath: {path: ${directory}/made, type: DirectoryOrCreate}}
`,
)}`);
  await sh("mounts-app", "echo row >/data/row; echo h >/host/h; echo p >/part/p");
  expect(readFileSync(`${directory}/made/h`, "utf8")).toBe("h\n");
  expect(readFileSync(`${directory}/made/parts/blue/p`, "utf8")).toBe("p\n");
  expect((await pw("exec", "mounts-app", "touch", "/fixed/x")).code).not.toBe(0);
  expect(await ok("volume", "ls", "-q")).toBe("fields-data");
});

test("names, DNS, sysctls and capabilities are those of the manifest", async () => {
  const told = await play(
    pod(
      "names",
      `${SLEEP}    securityContext: {capabilities: {drop: [ALL], add: [CHOWN]}, allowPrivilegeEscalation: false}
`,
      `  hostname: front
  subdomain: site
  hostAliases: [{ip: 10.9.8.7, hostnames: [db, db.local]}]
  dnsPolicy: None
  dnsConfig: {nameservers: [10.1.1.1], searches: [example.org], options: [{name: ndots, value: "3"}]}
  securityContext: {sysctls: [{name: net.ipv4.ip_unprivileged_port_start, value: "7"}]}
`,
    ),
  );
  expect(told).toContain("dnsPolicy: None");
  expect(told).toContain("for what it does not know, those of dnsConfig are asked");
  expect(await sh("names-app", "hostname")).toBe("front");
  expect(await sh("names-app", "grep -E '^(10|192)[.].*[[:space:]]front ' /etc/hosts | cut -f2")).toMatch(
    /^front\.site\.default\.svc\.cluster\.local front /,
  );
  expect(await sh("names-app", "grep 10.9.8.7 /etc/hosts | tr '\\t' ' '")).toBe(
    "10.9.8.7 db\n10.9.8.7 db.local",
  );
  const resolv = await sh("names-app", "cat /etc/resolv.conf");
  expect(resolv).toContain("search example.org");
  expect(resolv).toContain("options ndots:3");
  expect(await sh("names-app", "cat /proc/sys/net/ipv4/ip_unprivileged_port_start")).toBe("7");
  expect(await sh("names-app", "grep -E 'CapBnd|NoNewPrivs' /proc/1/status | awk '{print $2}'")).toBe(
    "0000000000000001\n1",
  );
});

test("init containers, sidecars and a published port work together", async () => {
  await play(
    pod(
      "serve",
      `    command: [httpd, -f, -h, /www]
    ports: [{containerPort: 80, hostPort: 18099, hostIP: 127.0.0.1}]
    volumeMounts: [{name: www, mountPath: /www}]
`,
      `  initContainers:
  - name: side
    image: busybox
    restartPolicy: Always
    command: [sleep, "1000"]
  - name: page
    image: busybox
    command: [sh, -c, "echo page >/www/index.html"]
    volumeMounts: [{name: www, mountPath: /www}]
  volumes: [{name: www, emptyDir: {}}]
`,
    ),
  );
  const page = async (): Promise<string> => {
    try {
      return await (await fetch("http://127.0.0.1:18099/index.html")).text();
    } catch {
      return "";
    }
  };
  await waitFor("the page", async () => (await page()) === "page\n" || undefined);
  expect(
    (await ok("ps", "-a", "--filter", "pod=serve", "--format", "{{.Names}}")).split("\n").sort(),
  ).toEqual(expect.arrayContaining(["serve-app", "serve-side"]));
});

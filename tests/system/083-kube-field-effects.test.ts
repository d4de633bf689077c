/** More fields of a manifest, each with its effect as it is seen from inside: a row of the table, a pod of its own. */
import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeOwn, openEngine, setting } from "./engine.ts";
import { expectAsBefore, expectCleanEnd, type HostState, hostState } from "./host-state.ts";
import { waitFor } from "./waiting.ts";
import { warmUp } from "./warm-up.ts";

const engine = openEngine("shared", { limitsLetGo: true });
const { run, ok } = engine;
const directory = join(setting("WORK"), "kube-effects");
const profiles = join(directory, "profiles");
const shared = join(directory, "shared");
const played: string[] = [];
let before: HostState;

const OBJECTS = `apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {app.conf: "a=1", LEVEL: debug, text: "one\\ntwo"}
binaryData: {blob: AAH/}
---
apiVersion: v1
kind: Secret
metadata: {name: login}
data: {password: aHVudGVyMg==}
stringData: {user: "ädmin ☃"}
---
`;

beforeAll(async () => {
  mkdirSync(profiles, { recursive: true });
  makeOwn(shared);
  writeFileSync(
    join(profiles, "no-chmod.json"),
    JSON.stringify({
      defaultAction: "SCMP_ACT_ALLOW",
      syscalls: [{ names: ["chmod", "fchmod", "fchmodat", "fchmodat2"], action: "SCMP_ACT_ERRNO" }],
    }),
  );
  await warmUp(engine);
  await play(OBJECTS + pod(""));
  await down();
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

/** The first line behind "Error: ", and nothing is left. */
async function refused(yaml: string, ...flags: readonly string[]): Promise<string> {
  const result = await run(["kube", "play", ...flags, "-"], { stdin: yaml });
  expect({ code: result.code, stdout: result.stdout }).toEqual({ code: 125, stdout: "" });
  return /^Error: (.*)$/m.exec(result.stderr)?.[1] ?? result.stderr;
}

async function down(): Promise<void> {
  for (const yaml of played.splice(0)) await run(["kube", "down", "--force", "-"], { stdin: yaml });
}

interface Parts {
  readonly spec?: string;
  readonly metadata?: string;
}

/** `fields` of its one container, and of the rest, as lines. */
function pod(fields: string, { spec = "", metadata = "" }: Parts = {}): string {
  return `apiVersion: v1
kind: Pod
metadata: {name: effect, labels: {app: web}${metadata}}
spec:
  restartPolicy: Never
  terminationGracePeriodSeconds: 0
${indented(spec, 2)}  containers:
  - name: app
    image: busybox
    imagePullPolicy: IfNotPresent
    command: [sleep, "1000"]
${indented(fields, 4)}`;
}

function indented(text: string, by: number): string {
  return text.replace(/^(?=.)/gm, " ".repeat(by)).replace(/(?<=.)$/, "\n");
}

const sh = (script: string): Promise<string> => ok("exec", "effect-app", "sh", "-c", `exec 2>&1; ${script}`);

interface Effect {
  readonly fields: string;
  readonly spec?: string;
  readonly metadata?: string;
  readonly script: string;
  readonly shows: string;
}

const EFFECTS: Readonly<Record<string, Effect>> = {
  "variables in order, envFrom below env, prefixes, what is optional": {
    fields: `env:
- {name: A, value: "1"}
- {name: B, value: "$(A)2 $(LATER) $$(A) $(A"}
- {name: LATER, value: "$(CM_LEVEL)"}
- {name: LEVEL, value: own}
- {name: NONE, valueFrom: {secretKeyRef: {name: login, key: nope, optional: true}}}
- {name: WHO, valueFrom: {secretKeyRef: {name: login, key: user}}}
envFrom:
- {prefix: CM_, configMapRef: {name: settings}}
- {configMapRef: {name: settings}}
- {secretRef: {name: nope, optional: true}}`,
    script: 'echo "$A|$B|$LATER|$LEVEL|${NONE-unset}|$WHO|$text"',
    shows: "1|12 $(LATER) $(A) $(A|debug|own|unset|ädmin ☃|one\ntwo",
  },
  "fields of the pod in variables": {
    fields: `env:
- {name: NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
- {name: SPACE, valueFrom: {fieldRef: {fieldPath: metadata.namespace}}}
- {name: APP, valueFrom: {fieldRef: {fieldPath: "metadata.labels['app']"}}}
- {name: NOTE, valueFrom: {fieldRef: {fieldPath: "metadata.annotations['note']"}}}
- {name: ACCOUNT, valueFrom: {fieldRef: {fieldPath: spec.serviceAccountName}}}
- {name: CPU, valueFrom: {resourceFieldRef: {resource: limits.cpu}}}
- {name: MILLI, valueFrom: {resourceFieldRef: {resource: requests.cpu, divisor: 1m}}}
- {name: KIBI, valueFrom: {resourceFieldRef: {resource: limits.memory, divisor: 1Ki}}}
resources: {limits: {cpu: 250m, memory: 64Mi}, requests: {cpu: 100m}}`,
    metadata: ', annotations: {note: "x y"}',
    script: "echo $NAME $SPACE $APP $NOTE $ACCOUNT $CPU $MILLI $KIBI",
    shows: "effect default web x y default 1 100 65536",
  },
  "a file of a ConfigMap, a Secret, a projection, below directories of the image": {
    fields: `volumeMounts:
- {name: conf, mountPath: /etc/site/deep/app.conf, subPath: app.conf}
- {name: blob, mountPath: /blob}
- {name: key, mountPath: /key, subPath: password, readOnly: true}
- {name: all, mountPath: /level, subPath: c/level}`,
    spec: `volumes:
- {name: conf, configMap: {name: settings, defaultMode: 0640}}
- {name: blob, configMap: {name: settings, items: [{key: blob, path: a/b, mode: 256}]}}
- {name: key, secret: {secretName: login, defaultMode: 0400}}
- name: all
  projected:
    defaultMode: 420
    sources:
    - configMap: {name: settings, items: [{key: LEVEL, path: c/level}]}
    - secret: {name: nope, optional: true}`,
    script:
      "cat /etc/site/deep/app.conf /key /level; echo; od -An -tx1 /blob/a/b; " +
      "stat -c %a /etc/site/deep/app.conf /blob/a/b /key /level; echo x 2>/dev/null >/level || echo sealed",
    shows: "a=1hunter2debug\n 00 01 ff\n640\n400\n400\n644\nsealed",
  },
  "what is optional and missing is an empty directory": {
    fields: "volumeMounts: [{name: a, mountPath: /a}, {name: b, mountPath: /b}]",
    spec: `volumes:
- {name: a, configMap: {name: nope, optional: true}}
- {name: b, secret: {secretName: nope, optional: true}}`,
    script: "ls -A /a /b",
    shows: "/a:\n\n/b:",
  },
  "the downward API as files": {
    fields: `volumeMounts: [{name: me, mountPath: /me}]
resources: {limits: {memory: 64Mi}}`,
    spec: `volumes:
- name: me
  downwardAPI:
    items:
    - {path: labels, fieldRef: {fieldPath: metadata.labels}}
    - {path: notes, fieldRef: {fieldPath: metadata.annotations}}
    - {path: deep/memory, resourceFieldRef: {containerName: app, resource: limits.memory, divisor: 1Mi}, mode: 0600}`,
    metadata: ', annotations: {b: "\\"q\\"", a: "x\\ny"}',
    script: "cat /me/labels /me/notes /me/deep/memory; echo; stat -c %a /me/labels /me/deep/memory",
    shows: 'app="web"a="x\\ny"\nb="\\"q\\""64\n644\n600',
  },
  "users and groups: the container's before the pod's, fsGroup on what the pod owns": {
    fields: `securityContext: {runAsUser: 5, capabilities: {drop: [ALL]}}
volumeMounts: [{name: disk, mountPath: /disk}, {name: memory, mountPath: /memory}, {name: host, mountPath: /host}]`,
    spec: `securityContext: {runAsUser: 1000, runAsGroup: 2000, fsGroup: 3000, supplementalGroups: [4000], runAsNonRoot: true}
volumes:
- {name: disk, emptyDir: {}}
- {name: memory, emptyDir: {medium: Memory}}
- {name: host, hostPath: {path: ${shared}}}`,
    script:
      "id -u; id -g; id -G; touch /disk/f /memory/f && stat -c %u:%g /disk/f /memory/f; touch /host/f || true",
    shows: "5\n2000\n2000 3000 4000\n5:3000\n5:3000\ntouch: /host/f: Permission denied",
  },
  "a root file system that is read-only, with room of its own": {
    fields: `securityContext: {readOnlyRootFilesystem: true}
volumeMounts: [{name: cache, mountPath: /cache}, {name: cache, mountPath: /log, subPath: log}]`,
    spec: "volumes: [{name: cache, emptyDir: {}}]",
    script: "touch /x || true; touch /cache/a /log/b && ls /cache /log",
    shows: "touch: /x: Read-only file system\n/cache:\na\nlog\n\n/log:\nb",
  },
  "a seccomp profile of the node": {
    fields: "securityContext: {seccompProfile: {type: Localhost, localhostProfile: no-chmod.json}}",
    script: "touch /f && chmod 600 /f || true",
    shows: "chmod: /f: Operation not permitted",
  },
  "no new privileges, and none but the named capabilities": {
    fields:
      "securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL], add: [NET_ADMIN, CAP_CHOWN]}}",
    script: "grep -E '^(CapEff|CapBnd|NoNewPrivs)' /proc/self/status | tr -d '\\t'",
    shows: "CapEff:0000000000001001\nCapBnd:0000000000001001\nNoNewPrivs:1",
  },
  "a working directory that the image does not have": {
    fields: "workingDir: /made/up",
    script: "pwd",
    shows: "/made/up",
  },
  "names of its own and DNS": {
    fields: "",
    spec: `hostname: front
hostAliases: [{ip: 10.9.8.7, hostnames: [db, db.local]}]
dnsConfig: {searches: [a.b], options: [{name: ndots, value: "5"}, {name: edns0}]}`,
    script:
      "hostname; grep -E '10.9.8.7' /etc/hosts | tr '\\t' ' '; grep -E '^(search|options)' /etc/resolv.conf",
    shows: "front\n10.9.8.7 db\n10.9.8.7 db.local\nsearch a.b\noptions ndots:5 edns0",
  },
};

for (const [name, { fields, script, shows, ...parts }] of Object.entries(EFFECTS)) {
  test(name, async () => {
    await play(OBJECTS + pod(fields, parts), "--seccomp-profile-root", profiles);
    expect(await sh(script)).toBe(shows);
  });
}

test("links that a container leaves in a volume lead no later mount to the host (CVE-2025-9566)", async () => {
  const victim = join(directory, "victim");
  mkdirSync(victim);
  writeFileSync(join(victim, "file"), "safe");
  const volumes = `- {name: host, hostPath: {path: ${shared}}}
- {name: claim, persistentVolumeClaim: {claimName: effect-claim}}
- {name: conf, configMap: {name: settings}}`;
  const plain = pod("volumeMounts: [{name: host, mountPath: /host}, {name: claim, mountPath: /claim}]", {
    spec: `volumes:\n${volumes}`,
  });
  await play(OBJECTS + plain);
  await sh(
    `for d in /host /claim; do ln -s ${victim}/file $d/key; ln -s ${victim} $d/part; ln -s ../../.. $d/up; done`,
  );
  await ok("pod", "rm", "-f", "-t", "0", "effect");
  // Files of a ConfigMap on names that are links now: mounted where the link leads inside of the container.
  const onLinks = `volumeMounts:
- {name: host, mountPath: /host}
- {name: claim, mountPath: /claim}
- {name: conf, mountPath: /host/key, subPath: app.conf}
- {name: conf, mountPath: /claim/key, subPath: app.conf}`;
  const again = OBJECTS + pod(onLinks, { spec: `volumes:\n${volumes}` });
  await play(again);
  expect(await sh("cat /host/key /claim/key")).toBe("a=1a=1");
  await ok("pod", "rm", "-f", "-t", "0", "effect");
  await run(["kube", "down", "-"], { stdin: again });
  for (const volume of ["host", "claim"]) {
    const part = `volumeMounts: [{name: ${volume}, mountPath: /x, subPath: part}]`;
    expect(await refused(OBJECTS + pod(part, { spec: `volumes:\n${volumes}` }))).toContain(
      "subpath part of ",
    );
    const up = `volumeMounts: [{name: ${volume}, mountPath: /x, subPath: up}]`;
    await play(OBJECTS + pod(up, { spec: `volumes:\n${volumes}` }));
    // The volume's own root is as far up as a link can lead.
    expect(await sh("ls -A /x | grep -c -E '^(key|part|up)$'")).toBe("3");
    await run(["kube", "down", "-"], { stdin: OBJECTS + pod(up) });
  }
  expect(readFileSync(join(victim, "file"), "utf8")).toBe("safe");
  symlinkSync(join(victim, "new"), join(shared, "dangling"));
  const made = `volumes: [{name: host, hostPath: {path: ${shared}/dangling, type: FileOrCreate}}]`;
  expect(await refused(pod("volumeMounts: [{name: host, mountPath: /x}]", { spec: made }))).toContain(
    "is a symbolic link that leads nowhere",
  );
  expect(existsSync(join(victim, "new"))).toBe(false);
});

test("a preStop hook that hangs ends with its processes, and the container in its time", async () => {
  const yaml = pod('lifecycle: {preStop: {exec: {command: [sh, -c, "sleep 1000 & wait"]}}}')
    .replace("PeriodSeconds: 0", "PeriodSeconds: 2")
    .replace('[sleep, "1000"]', '[sh, -c, "trap exit TERM; while :; do sleep 0.1; done"]');
  await play(yaml);
  const started = performance.now();
  const result = await run(["kube", "down", "-"], { stdin: played.pop() ?? "" });
  const took = performance.now() - started;
  expect(result.stderr).toContain("was killed after 2 seconds");
  // Two seconds for the hook; with the hook's orphan in the way it would be two more, and SIGKILL.
  expect(result.stderr).not.toContain("resorting to SIGKILL");
  expect(took).toBeGreaterThan(1900);
  expect(took).toBeLessThan(10_000);
});

test("four at once: one plays, the others say that the name is in use", async () => {
  const yaml = pod("");
  played.push(yaml);
  const results = await Promise.all([1, 2, 3, 4].map(() => run(["kube", "play", "-"], { stdin: yaml })));
  const lost = results.filter(({ code }) => code !== 0);
  expect(lost.map(({ code }) => code)).toEqual([125, 125, 125]);
  for (const { stderr } of lost) expect(stderr).toContain('name "effect" is in use: pod already exists');
  expect(await ok("exec", "effect-app", "hostname")).toBe("effect");
});

test("down while an init container runs: play fails for it, and nothing is left", async () => {
  const yaml = pod("", {
    spec: "initContainers: [{name: first, image: busybox, imagePullPolicy: Never, command: [sleep, '60']}]",
  });
  const starting = run(["kube", "play", "-"], { stdin: yaml });
  await waitFor("the init container", async () => {
    const { stdout } = await run(["ps", "--format", "{{.Names}}"]);
    return stdout.includes("effect-first") || undefined;
  });
  expect((await run(["kube", "down", "-"], { stdin: yaml })).code).toBe(0);
  const { code, stderr } = await starting;
  expect(code).toBe(125);
  // Stopping comes first: play may see its init container killed before it sees the pod go.
  expect(stderr.trimEnd().split("\n").at(-1)).toMatch(
    /cannot start pod effect: (another command removes it|init container \S+ of pod effect exited with code 137)$/,
  );
});

import { expect, test } from "bun:test";
import { containerYaml, planYaml, podYaml } from "../../../testing/kube-plan.ts";

const text = (data: string | undefined): string => Buffer.from(data ?? "", "base64").toString();

const CONFIG = `---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {app.conf: "a=1", extra: more}
binaryData: {logo: AAEC}
---
apiVersion: v1
kind: Secret
metadata: {name: login}
data: {user: YWRtaW4=}
stringData: {password: hunter2}
`;

test("hostPath is a bind mount that is looked at first; devices are devices", () => {
  const { told, pod, container } = planYaml(
    containerYaml(
      `    volumeMounts:
    - {name: data, mountPath: /data, readOnly: true, mountPropagation: HostToContainer}
    - {name: data, mountPath: /sub, subPath: ./a//b}
    - {name: fuse, mountPath: /dev/fuse}
    - {name: disk, mountPath: /dev/sda, readOnly: true}
`,
      `  volumes:
  - {name: data, hostPath: {path: /srv/data, type: DirectoryOrCreate}}
  - {name: fuse, hostPath: {path: /dev/fuse, type: CharDevice}}
  - {name: disk, hostPath: {path: /dev/sdb, type: BlockDevice}}
`,
    ),
  );
  expect(told).toEqual([]);
  expect(pod.hostPaths.map(({ hostPath, type }) => [hostPath, type])).toEqual([
    ["/srv/data", "DirectoryOrCreate"],
    ["/dev/fuse", "CharDevice"],
    ["/dev/sdb", "BlockDevice"],
  ]);
  expect(pod.hostPaths[0]?.path).toEqual(["spec", "volumes", 0, "hostPath", "path"]);
  expect(container("app").mounts).toEqual([
    { kind: "bind", source: "/srv/data", destination: "/data", options: ["ro", "rslave"] },
    { kind: "bind", source: "/srv/data", destination: "/sub", options: [], subPath: "a/b" },
  ]);
  expect(container("app").devices).toEqual(["/dev/fuse:/dev/fuse:rwm", "/dev/sdb:/dev/sda:r"]);
});

test("emptyDir is a directory of the pod, or memory; fsGroup owns what belongs to the pod", () => {
  const { told, pod, container } = planYaml(
    containerYaml(
      `    volumeMounts:
    - {name: cache, mountPath: /cache}
    - {name: tmp, mountPath: /tmp, readOnly: true}
    - {name: plain, mountPath: /plain}
    - {name: pgdata, mountPath: /db}
`,
      `  securityContext: {fsGroup: 2000, supplementalGroups: [7, 2000]}
  volumes:
  - {name: cache, emptyDir: {sizeLimit: 1Gi}}
  - {name: tmp, emptyDir: {medium: Memory, sizeLimit: 64Mi}}
  - name: plain
  - {name: pgdata, persistentVolumeClaim: {claimName: pgdata, readOnly: true}}
`,
    ),
  );
  expect(told).toEqual([
    "9:41 warning: sizeLimit does not limit a directory on disk",
    '12:55 warning: PersistentVolumeClaim "pgdata" not found: a volume of that name is made',
  ]);
  expect(pod.request.volumes).toEqual([
    { name: "cache", content: { kind: "directory" }, fsGroup: 2000 },
    { name: "tmp", content: { kind: "memory", size: 64 * 1024 ** 2 }, fsGroup: 2000 },
    { name: "plain", content: { kind: "directory" }, fsGroup: 2000 },
  ]);
  expect(container("app").mounts).toEqual([
    { kind: "pod-volume", source: "cache", destination: "/cache", options: [] },
    { kind: "pod-volume", source: "tmp", destination: "/tmp", options: ["ro"] },
    { kind: "pod-volume", source: "plain", destination: "/plain", options: [] },
    { kind: "volume", source: "pgdata", destination: "/db", options: ["ro"], fsGroup: 2000 },
  ]);
  expect(container("app").groupAdd).toEqual(["7", "2000"]);
});

test("claims become named volumes; one that is there already needs no object", () => {
  const yaml = `${podYaml(`  containers:
  - name: app
    image: quay.io/app:1
    volumeMounts: [{name: a, mountPath: /a}, {name: b, mountPath: /b}]
  volumes:
  - {name: a, persistentVolumeClaim: {claimName: declared}}
  - {name: b, persistentVolumeClaim: {claimName: stored}}
`)}---
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: declared
  labels: {tier: db}
  annotations:
    volume.podman.io/driver: local
    volume.podman.io/type: tmpfs
    volume.podman.io/device: tmpfs
    volume.podman.io/mount-options: nodev
    volume.podman.io/uid: "999"
    volume.podman.io/gid: nobody
    volume.podman.io/import-source: /tmp/data.tar
spec:
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: 1Gi}}
`;
  const { told, plan, pod } = planYaml(yaml, { facts: { volumeExists: (name) => name === "stored" } });
  expect(told).toEqual([
    "26:27 error: cannot convert gid nobody to integer",
    "27:37 error: filling a volume from a tar file is not implemented",
  ]);
  expect(plan.volumes.map(({ request, importSource }) => ({ request, importSource }))).toEqual([
    {
      request: {
        name: "declared",
        labels: { tier: "db" },
        driver: "local",
        options: { type: "tmpfs", device: "tmpfs", o: "nodev" },
        uid: 999,
        ignore: true,
      },
      importSource: "/tmp/data.tar",
    },
  ]);
  expect(pod.request.played?.objects.map(({ kind }) => kind)).toEqual(["Pod", "PersistentVolumeClaim"]);
});

test("configMap, secret, downwardAPI and projected volumes are files that nobody writes to", () => {
  const { told, pod, container } = planYaml(
    podYaml(
      `  containers:
  - name: app
    image: quay.io/app:1
    resources: {limits: {cpu: 250m}}
    volumeMounts:
    - {name: conf, mountPath: /conf}
    - {name: conf, mountPath: /etc/app.conf, subPath: app.conf}
    - {name: login, mountPath: /login}
    - {name: gone, mountPath: /gone}
    - {name: self, mountPath: /self}
    - {name: all, mountPath: /all}
  volumes:
  - {name: conf, configMap: {name: settings}}
  - name: login
    secret:
      secretName: login
      defaultMode: 0400
      items: [{key: password, path: deep/pass}, {key: user, path: user, mode: 256}]
  - {name: gone, configMap: {name: gone, optional: true}}
  - name: self
    downwardAPI:
      items:
      - {path: labels, fieldRef: {fieldPath: metadata.labels}}
      - {path: cpu, resourceFieldRef: {containerName: app, resource: limits.cpu, divisor: 1m}}
  - name: all
    projected:
      defaultMode: 0440
      sources:
      - configMap: {name: settings, items: [{key: logo, path: logo.png}]}
      - secret: {name: login, items: [{key: user, path: user}]}
      - downwardAPI: {items: [{path: name, fieldRef: {fieldPath: metadata.name}}]}
      - serviceAccountToken: {path: token}
`,
      "  labels: {app: web, tier: a}\n",
    ) + CONFIG,
  );
  expect(told.filter((line) => !line.includes("service account"))).toEqual([]);
  const files = Object.fromEntries(
    (pod.request.volumes ?? []).map(({ name, content }) => [
      name,
      content.kind === "files" ? content.files.map(({ path, mode, data }) => [path, mode, text(data)]) : [],
    ]),
  );
  expect(files).toEqual({
    conf: [
      ["app.conf", 0o644, "a=1"],
      ["extra", 0o644, "more"],
      ["logo", 0o644, "\0\x01\x02"],
    ],
    login: [
      ["deep/pass", 0o400, "hunter2"],
      ["user", 0o400, "admin"],
    ],
    gone: [],
    self: [
      ["labels", 0o644, 'app="web"\ntier="a"'],
      ["cpu", 0o644, "250"],
    ],
    all: [
      ["logo.png", 0o440, "\0\x01\x02"],
      ["user", 0o440, "admin"],
      ["name", 0o440, "web"],
    ],
  });
  expect(container("app").mounts.slice(0, 2)).toEqual([
    { kind: "pod-volume", source: "conf", destination: "/conf", options: ["ro"] },
    {
      kind: "pod-volume",
      source: "conf",
      destination: "/etc/app.conf",
      options: ["ro"],
      subPath: "app.conf",
    },
  ]);
  expect(pod.request.played?.objects.map(({ kind }) => kind)).toEqual(["Pod", "ConfigMap", "Secret"]);
});

test("no path of a ConfigMap or a Secret leaves its volume", () => {
  const bad = ["../x", "/etc/cron.d/x", "a/../../x", "..", "a/..", "..data"];
  for (const path of bad) {
    const { diagnostics, told, pod } = planYaml(
      podYaml(`  containers: [{name: app, image: quay.io/app:1}]
  volumes:
  - {name: conf, configMap: {name: settings, items: [{key: extra, path: ${JSON.stringify(path)}}]}}
  - {name: login, projected: {sources: [{secret: {name: login, items: [{key: user, path: ${JSON.stringify(path)}}]}}]}}
`) + CONFIG,
    );
    expect(told.filter((line) => line.includes("error"))).toHaveLength(2);
    expect(diagnostics.every(({ severity }) => severity === "error")).toBe(true);
    for (const { content } of pod.request.volumes ?? [])
      expect(content).toEqual({ kind: "files", files: [] });
  }
});

test("a stored secret's keys do not leave the volume either", () => {
  const secret = { kind: "Secret", data: { "../../etc/passwd": "eA==", "a/b": "eA==", fine: "eA==" } };
  const { told, pod } = planYaml(
    podYaml(`  containers: [{name: app, image: quay.io/app:1}]
  volumes: [{name: login, secret: {secretName: old}}]
`),
    { facts: { secret: () => Buffer.from(JSON.stringify(secret)) } },
  );
  expect(told).toEqual([
    '8:48 error: secret "old" has the key "../../etc/passwd", which is no name of a file',
    '8:48 error: secret "old" has the key "a/b", which is no name of a file',
  ]);
  expect(pod.request.volumes?.[0]?.content).toMatchObject({ files: [{ path: "fine" }] });
});

test("missing references and keys of volumes, and two files in one place, are told", () => {
  const { told } = planYaml(
    podYaml(`  containers: [{name: app, image: quay.io/app:1}]
  volumes:
  - {name: a, configMap: {name: nothing}}
  - {name: b, secret: {secretName: nothing}}
  - {name: c, configMap: {name: settings, items: [{key: typo, path: x}]}}
  - {name: d, configMap: {name: settings, items: [{key: extra, path: x}, {key: logo, path: x/y}]}}
`) + CONFIG,
  );
  expect(told).toEqual([
    '9:33 error: ConfigMap "nothing" not found',
    '10:36 error: Secret "nothing" not found',
    '11:57 error: ConfigMap "settings" has no key "typo"',
    `12:5 error: two of the volume's files want the path "x/y"`,
  ]);
});

test("subPathExpr takes the container's variables, and cannot leave the volume", () => {
  const { told, container } = planYaml(
    containerYaml(
      `    env:
    - {name: NAME, value: blue/green}
    - {name: UP, value: ..}
    - {name: IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
    volumeMounts:
    - {name: data, mountPath: /a, subPathExpr: "x/$(NAME)"}
    - {name: data, mountPath: /b, subPathExpr: "x/$(UP)/y"}
    - {name: data, mountPath: /c, subPathExpr: "$(NOPE)"}
    - {name: data, mountPath: /d, subPathExpr: "$(IP)"}
`,
      "  volumes: [{name: data, emptyDir: {}}]\n",
    ),
  );
  expect(told).toEqual([
    '17:48 error: "x/../y" must be a relative path and must not contain ".."',
    '18:48 error: missing value for "NOPE"',
    '19:48 error: variable "IP" is not known before the pod runs',
  ]);
  expect(container("app").mounts).toEqual([
    { kind: "pod-volume", source: "data", destination: "/a", options: [], subPath: "x/blue/green" },
  ]);
});

test("an image's files are mounted read-only, and the image is pulled", () => {
  const { told, container, pod } = planYaml(
    containerYaml(
      "    volumeMounts: [{name: models, mountPath: /models}]\n",
      "  volumes: [{name: models, image: {reference: quay.io/models:2, pullPolicy: Always}}]\n",
    ),
  );
  expect(told).toEqual([]);
  expect(container("app").mounts).toEqual([
    { kind: "image", source: "quay.io/models:2", destination: "/models", options: ["ro"] },
  ]);
  expect(pod.containers[0]?.images).toEqual([{ reference: "quay.io/models:2", policy: "always" }]);
});

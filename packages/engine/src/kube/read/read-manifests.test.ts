import { describe, expect, test } from "bun:test";
import type { Diagnostic, ValidateMode } from "@podwright/spec/engine-api/kube";
import type { Manifest } from "../manifest.ts";
import { readManifests } from "./read-manifests.ts";

const read = (text: string, validate: ValidateMode = "strict"): Manifest =>
  readManifests([{ name: "a.yaml", text }], { validate });
const shown = ({ diagnostics }: Manifest): readonly string[] => diagnostics.map(line);
const line = (one: Diagnostic): string => `${one.severity} ${one.line}:${one.column} ${one.message}`;
const CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n";

describe("readManifests() of YAML", () => {
  test("several documents, empty ones among them, and several sources", () => {
    const manifest = readManifests(
      [
        { name: "a.yaml", text: `---\n# nothing\n---\n${CONFIG}---\n${CONFIG.replace("c}", "d}")}---\n` },
        { name: "-", text: CONFIG.replace("c}", "e}") },
      ],
      { validate: "strict" },
    );
    expect(manifest.diagnostics).toEqual([]);
    expect(manifest.objects.map(({ kind, name }) => `${kind}/${name}`)).toEqual([
      "ConfigMap/c",
      "ConfigMap/d",
      "ConfigMap/e",
    ]);
  });

  test("JSON, a byte order mark, CRLF", () => {
    expect(
      read('\t{"apiVersion": "v1",\n\t"kind": "ConfigMap", "metadata": {"name": "c"}}').objects,
    ).toHaveLength(1);
    const windows = read(`\uFEFFapiVersion: v1\r\nkind: ConfigMap\r\nmetadata:\r\n  nam: c\r\n`);
    expect(shown(windows)).toEqual([
      'error 3:1 missing required field "name"',
      'error 4:3 unknown field "nam"',
    ]);
    expect(windows.diagnostics.at(1)?.excerpt).toBe("  nam: c");
    expect(shown(read("\uFEFFapiVersion: v1\nkind: Pd\n"))).toEqual(['error 2:7 unknown kind "Pd"']);
  });

  test("a control character is named, wherever it is; its escape is text", () => {
    expect(shown(read(`${CONFIG}data: {a: "x\u001b[0m"}\n`))).toEqual([
      "error 4:13 control character U+001B",
    ]);
    expect(shown(read(`${CONFIG}# a\0\n`))).toEqual(["error 4:4 control character U+0000"]);
    const escaped = read(`${CONFIG}data: {a: "\\x1b\\t", b: "\t\u0085\u00a0"}\n`);
    expect(shown(escaped)).toEqual([]);
    expect(escaped.objects[0]?.data["data"]).toEqual({ a: "\u001b\t", b: "\t\u0085\u00a0" });
  });

  test("anchors, aliases and merge keys; members of its own win", () => {
    const manifest = read(
      `${CONFIG}data: &base {a: "1", b: "2"}\n---\n` +
        "apiVersion: v1\nkind: ConfigMap\nmetadata: &m {name: d, labels: &l {app: x}, annotations: *l}\n" +
        'data: {<<: {a: "1", b: "2"}, b: "3"}\n',
    );
    expect(shown(manifest)).toEqual([]);
    expect(manifest.objects[1]?.data).toEqual({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "d", labels: { app: "x" }, annotations: { app: "x" } },
      data: { a: "1", b: "3" },
    });
  });

  test("an alias bomb is refused", () => {
    const levels = Array.from({ length: 9 }, (_, level) => {
      const items = level === 0 ? '"x"' : `*a${level - 1}`;
      return `a${level}: &a${level} [${Array.from({ length: 10 }, () => items).join(", ")}]`;
    });
    const started = performance.now();
    const manifest = read(`${CONFIG}${levels.join("\n")}\n`);
    expect(manifest.diagnostics.map(({ message }) => message)).toContain(
      "the document's aliases expand to too much",
    );
    expect(performance.now() - started).toBeLessThan(5000);
  });

  test("nesting without end is refused", () => {
    for (const text of ["[".repeat(100_000), "- ".repeat(100_000), "{a: ".repeat(50_000)])
      expect(shown(read(text)).some((one) => one.startsWith("error"))).toBe(true);
    const stairs = Array.from({ length: 3000 }, (_, depth) => `${" ".repeat(depth)}a:`).join("\n");
    expect(shown(read(stairs)).some((one) => one.startsWith("error"))).toBe(true);
  });
});

describe("readManifests() of objects", () => {
  test("null means unset, and what the server makes is dropped", () => {
    const manifest = read(
      "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n  creationTimestamp: null\n  uid: 1-2\n  managedFields: [{x: 1}]\n" +
        "spec:\n  containers:\n  - name: app\n    image: busybox\n    resources: null\n    env: ~\n    command:\n" +
        "  volumes:\n  - name: data\n    emptyDir:\nstatus: {phase: [Running]}\n",
    );
    expect(shown(manifest)).toEqual([]);
    expect(manifest.objects[0]?.data).toEqual({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "web" },
      spec: { containers: [{ name: "app", image: "busybox" }], volumes: [{ name: "data" }] },
    });
  });

  test("lists give their items, with positions; typed lists too", () => {
    const manifest = read(
      "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: List\n  items:\n" +
        "  - {apiVersion: v1, kind: ConfigMap, metadata: {name: c}}\n" +
        "---\napiVersion: v1\nkind: SecretList\nitems:\n- metadata: {name: s}\n  typo: x\n",
    );
    expect(manifest.objects.map(({ kind, name }) => `${kind}/${name}`)).toEqual(["ConfigMap/c", "Secret/s"]);
    expect(shown(manifest)).toEqual(['error 13:3 unknown field "typo"']);
    expect(manifest.diagnostics[0]?.path).toBe("Secret/s: typo");
  });

  test("an object tells where its fields are, or what is nearest above", () => {
    const [object] = read(`${CONFIG}data:\n  a: b\n  c:\n`).objects;
    const at = (path: readonly (string | number)[], atKey = false): string | undefined =>
      object && line(object.at(path, { severity: "error", message: "x", atKey })).slice(6, 10);
    expect(at(["data", "a"])).toBe("5:6 ");
    expect(at(["data", "a"], true)).toBe("5:3 ");
    expect(at(["data", "c"])).toBe("6:3 ");
    expect(at(["data", "zzz"])).toBe("4:1 ");
    expect(at(["spec", "containers", 0, "image"])).toBe("1:1 ");
    expect(object?.at(["metadata", "labels", "a.b/c"], { severity: "error", message: "x" }).path).toBe(
      "ConfigMap/c: metadata.labels[a.b/c]",
    );
  });

  test("--validate decides about fields and kinds that are not known", () => {
    const text = `${CONFIG}typo: x\n---\napiVersion: example.com/v1\nkind: Thing\nmetadata: {name: t}\n`;
    expect(shown(read(text))).toEqual(['error 4:1 unknown field "typo"', 'error 7:7 unknown kind "Thing"']);
    expect(shown(read(text, "warn"))).toEqual([
      'warning 4:1 unknown field "typo"',
      'warning 7:7 left out: unknown kind "Thing"',
    ]);
    expect(shown(read(text, "ignore"))).toEqual([]);
    expect(read(text, "warn").objects[0]?.data).not.toHaveProperty("typo");
  });

  test("data fits its type whatever was written: missing fields are nothing much, wrong ones are left out", () => {
    const manifest = read(
      "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n  - ports: [{hostPort: x}, 5]\n",
    );
    expect(manifest.objects[0]?.data["spec"]).toEqual({
      containers: [{ name: "", ports: [{ containerPort: 0 }, { containerPort: 0 }] }],
    });
  });

  test("names that JavaScript knows are names like others", () => {
    const manifest = read(`${CONFIG}data:\n  __proto__: a\n  constructor: b\nhasOwnProperty: x\n`);
    expect(shown(manifest)).toEqual(['error 7:1 unknown field "hasOwnProperty"']);
    const data = manifest.objects[0]?.data["data"];
    expect(Object.keys(data ?? {})).toEqual(["__proto__", "constructor"]);
  });

  test("a deployment as `kubectl get -o yaml` shows it brings few warnings", () => {
    const manifest = read(
      'apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  annotations: {deployment.kubernetes.io/revision: "1"}\n' +
        '  creationTimestamp: "2026-01-02T03:04:05Z"\n  generation: 1\n  name: web\n  namespace: default\n' +
        '  resourceVersion: "7"\n  uid: 0-0\nspec:\n  progressDeadlineSeconds: 600\n  replicas: 1\n' +
        "  revisionHistoryLimit: 10\n  selector: {matchLabels: {app: web}}\n" +
        "  strategy: {rollingUpdate: {maxSurge: 25%, maxUnavailable: 25%}, type: RollingUpdate}\n  template:\n" +
        "    metadata: {creationTimestamp: null, labels: {app: web}}\n    spec:\n      containers:\n" +
        "      - {image: nginx, imagePullPolicy: Always, name: nginx, resources: {}, " +
        "terminationMessagePath: /dev/termination-log, terminationMessagePolicy: File}\n" +
        "      dnsPolicy: ClusterFirst\n      restartPolicy: Always\n      schedulerName: default-scheduler\n" +
        "      securityContext: {}\n      terminationGracePeriodSeconds: 30\nstatus: {replicas: 1}\n",
    );
    expect(shown(manifest)).toEqual([
      `warning 16:3 "strategy" is ignored: there is one pod, which --replace exchanges as a whole; nothing is rolled out in steps`,
    ]);
  });
});

describe("readManifests() of what Podman plays and a cluster refuses", () => {
  const POD =
    "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n  - name: app\n    image: x\n";
  const told = (lines: string): readonly string[] => shown(read(POD + lines));

  test("a command's words may be written as numbers and booleans", () => {
    const text = "    command: [sleep, 3600, true]\n";
    expect(told(text)).toEqual([
      "warning 8:22 a command's words are strings: the number 3600 is taken as text",
      "warning 8:28 a command's words are strings: true is taken as text",
    ]);
    const { objects } = read(POD + text);
    expect(JSON.stringify(objects[0]?.data)).toContain('"command":["sleep","3600","true"]');
  });

  test("a hostPort alone is the container's port too", () => {
    const text = "    ports:\n    - hostPort: 8080\n";
    expect(told(text)).toEqual([
      "warning 9:7 containerPort is missing, and 8080, the hostPort, is taken for it",
    ]);
    expect(JSON.stringify(read(POD + text).objects[0]?.data)).toContain('"containerPort":8080');
  });

  test("fields of the pod's securityContext at a container's are left out with a warning", () => {
    expect(told("    securityContext:\n      fsGroup: 5\n      runAsUser: 1\n")).toEqual([
      'warning 9:7 unknown field "fsGroup"',
    ]);
    expect(told("    securityContext:\n      fsGruop: 5\n")).toEqual(['error 9:7 unknown field "fsGruop"']);
  });

  test("an environment's value stays a string", () => {
    expect(told("    env: [{name: A, value: 1}]\n")).toEqual([
      "error 8:28 expected a string, got the number 1",
    ]);
  });
});

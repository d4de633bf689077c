import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { stringify } from "yaml";
import { readManifests } from "./read-manifests.ts";

/** One of everything, so that every rule is on some mutation's way. */
const WORKLOAD = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", labels: { app: "web" }, annotations: { "example.com/a": "b" } },
  spec: {
    replicas: 1,
    selector: {
      matchLabels: { app: "web" },
      matchExpressions: [{ key: "app", operator: "In", values: ["web"] }],
    },
    template: {
      metadata: { labels: { app: "web" } },
      spec: {
        hostname: "web",
        hostAliases: [{ ip: "10.0.0.1", hostnames: ["db"] }],
        dnsPolicy: "None",
        dnsConfig: {
          nameservers: ["10.0.0.1"],
          searches: ["example.com"],
          options: [{ name: "ndots", value: "2" }],
        },
        securityContext: { fsGroup: 1, runAsUser: 1, sysctls: [{ name: "net.core.somaxconn", value: "1" }] },
        initContainers: [{ name: "first", image: "busybox", restartPolicy: "Always" }],
        containers: [
          {
            name: "app",
            image: "busybox:1.36",
            command: ["sleep", "60"],
            env: [
              { name: "A", value: "b" },
              { name: "B", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
              { name: "C", valueFrom: { resourceFieldRef: { resource: "limits.cpu", divisor: "1m" } } },
              { name: "D", valueFrom: { configMapKeyRef: { name: "c", key: "k" } } },
            ],
            envFrom: [{ prefix: "X_", secretRef: { name: "s" } }],
            ports: [{ containerPort: 80, hostPort: 8080, name: "http", protocol: "TCP" }],
            livenessProbe: { httpGet: { port: "http", path: "/" }, periodSeconds: 5 },
            lifecycle: { preStop: { exec: { command: ["true"] } } },
            resources: { limits: { cpu: "500m", memory: "64Mi" }, requests: { cpu: 0.1 } },
            securityContext: {
              capabilities: { add: ["NET_ADMIN"] },
              seccompProfile: { type: "RuntimeDefault" },
            },
            volumeMounts: [{ name: "a", mountPath: "/a", subPath: "x" }],
          },
        ],
        volumes: [
          { name: "a", emptyDir: { medium: "Memory", sizeLimit: "1Mi" } },
          { name: "b", hostPath: { path: "/srv", type: "Directory" } },
          { name: "c", configMap: { name: "c", items: [{ key: "k", path: "k", mode: 420 }] } },
          { name: "d", projected: { sources: [{ secret: { name: "s" } }] } },
          { name: "e", downwardAPI: { items: [{ path: "l", fieldRef: { fieldPath: "metadata.labels" } }] } },
        ],
      },
    },
  },
};
const STORED = [
  { apiVersion: "v1", kind: "Secret", metadata: { name: "s" }, type: "Opaque", data: { k: "eA==" } },
  {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "c" },
    data: { k: "v" },
    binaryData: { b: "eA==" },
  },
  {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: "p" },
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
  },
];
const VALID = [WORKLOAD, ...STORED].map((object) => stringify(object)).join("---\n");

describe("readManifests() of mutations", () => {
  test("the manifest that is mutated is without fault", () => {
    expect(readManifests([{ name: "a", text: VALID }], { validate: "strict" }).diagnostics).toEqual([]);
  });

  test("any text, cut and pasted, gives diagnostics that lie within it", () => {
    const edit = fc.record({
      at: fc.nat(VALID.length),
      drop: fc.nat(12),
      put: fc.oneof(
        fc.string({ maxLength: 6 }),
        fc.constantFrom("\n", "  ", "- ", ": ", "\t", "*a", "&a ", "{", "]", "<<: "),
      ),
    });
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
        const text = edits.reduce(
          (so, { at, drop, put }) => so.slice(0, at) + put + so.slice(at + drop),
          VALID,
        );
        expectWithin(text);
      }),
      { numRuns: 60 },
    );
  });

  test("any value in any place gives diagnostics that lie within the text", () => {
    const places = placesOf(WORKLOAD, []);
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.constantFrom<unknown>(-1, "", "..", "a:b", "1Gi", {}, []),
    );
    fc.assert(
      fc.property(fc.constantFrom(...places), value, (place, put) => {
        expectWithin(stringify(replaced(WORKLOAD, place, put)));
      }),
      { numRuns: 80 },
    );
  });
});

function expectWithin(text: string): void {
  const { diagnostics } = readManifests([{ name: "a", text }], { validate: "strict" });
  const lines = text.replace(/^\uFEFF/, "").split("\n");
  for (const { line, column, excerpt } of diagnostics) {
    expect(excerpt).toBe((lines[line - 1] ?? "").replace(/\r$/, ""));
    expect(column).toBeGreaterThan(0);
    expect(column).toBeLessThanOrEqual(excerpt.length + 1);
  }
}

type Place = readonly (string | number)[];

function placesOf(node: unknown, path: Place): readonly Place[] {
  if (typeof node !== "object" || node === null) return [path];
  const inner = Array.isArray(node)
    ? node.flatMap((item, index) => placesOf(item, [...path, index]))
    : Object.entries(node).flatMap(([name, item]) => placesOf(item, [...path, name]));
  return [path, ...inner];
}

function replaced(node: unknown, [first, ...rest]: Place, put: unknown): unknown {
  if (first === undefined) return put;
  if (Array.isArray(node))
    return node.map((item, index) => (index === first ? replaced(item, rest, put) : item));
  if (typeof node !== "object" || node === null) return node;
  return Object.fromEntries(
    Object.entries(node).map(([name, item]) => [name, name === first ? replaced(item, rest, put) : item]),
  );
}

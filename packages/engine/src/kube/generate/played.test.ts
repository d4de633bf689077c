import { afterAll, beforeEach, expect, test } from "bun:test";
import { parseAllDocuments } from "yaml";
import { generateWorld } from "../../../testing/generate-world.ts";
import { toYaml } from "./yaml.ts";

const world = generateWorld({ Cmd: ["serve"] });
beforeEach(() => world.clear());
afterAll(() => world[Symbol.dispose]());

const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "keys" }, stringData: { token: "t" } };
const configMap = {
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "conf" },
  data: { "a.conf": "x = $(Y)\n" },
};
const claim = {
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { name: "data", labels: { tier: "db" } },
  spec: { accessModes: ["ReadWriteMany"], resources: { requests: { storage: "5Gi" } } },
};
const podSpec = {
  containers: [
    {
      name: "app",
      image: "busybox",
      env: [
        { name: "TOKEN", valueFrom: { secretKeyRef: { name: "keys", key: "token" } } },
        { name: "WHERE", value: "$(TOKEN)/x" },
      ],
      resources: { limits: { memory: "0.5Gi" } },
      volumeMounts: [
        { name: "conf", mountPath: "/conf" },
        { name: "data", mountPath: "/data" },
      ],
      ports: [{ name: "http", containerPort: 80 }],
    },
    { name: "side", image: "busybox", args: ["watch"] },
  ],
  volumes: [
    { name: "conf", configMap: { name: "conf", defaultMode: 0o440 } },
    { name: "data", persistentVolumeClaim: { claimName: "data" } },
  ],
};
const pod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "web", labels: { app: "shop" } },
  spec: podSpec,
};
const deployment = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", annotations: { note: "mine" } },
  spec: {
    replicas: 4,
    selector: { matchLabels: { app: "shop" } },
    template: { metadata: { labels: { app: "shop" } }, spec: podSpec },
  },
};
const others = [secret, configMap, claim];

function play(...objects: readonly object[]): ReturnType<typeof world.play> {
  return world.play(objects.map(toYaml).join("---\n"));
}

function documents(yaml: string): unknown[] {
  return parseAllDocuments(yaml).map((document) => document.toJS() as unknown);
}

test.each([
  ["Pod", "web", pod],
  ["Deployment", "web-pod", deployment],
] as const)(
  "a %s that was played is given back as it was, with what it refers to",
  async (_, name, object) => {
    await play(object, ...others);
    const { yaml, losses } = world.generate([name]);
    expect(documents(yaml)).toEqual([secret, configMap, claim, object]);
    expect(losses).toEqual([]);
  },
);

test("a claim that was played is given back for its volume", async () => {
  await play(pod, ...others);
  expect(documents(world.generate(["data"]).yaml)).toEqual([claim]);
});

test("another kind is made of the same template", async () => {
  await play(deployment, ...others);
  const [, , , asPod] = documents(world.generate(["web-pod"], { type: "pod" }).yaml);
  expect(asPod).toEqual({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { labels: { app: "shop" }, name: "web-pod" },
    spec: podSpec,
  });
  const [, , , asDaemonSet] = documents(world.generate(["web-pod"], { type: "daemonset" }).yaml);
  expect(asDaemonSet).toMatchObject({
    kind: "DaemonSet",
    metadata: { name: "web-daemonset" },
    spec: { selector: { matchLabels: { app: "shop" } }, template: { spec: podSpec } },
  });
  const [, , , scaled] = documents(world.generate(["web-pod"], { replicas: 7 }).yaml);
  expect(scaled).toEqual({ ...deployment, spec: { ...deployment.spec, replicas: 7 } });
});

test("a Service stands in front of what was played", async () => {
  await play(pod, ...others);
  const written = documents(world.generate(["web"], { service: true }).yaml);
  expect(written[3]).toMatchObject({
    kind: "Service",
    metadata: { name: "web" },
    spec: { type: "NodePort", selector: { app: "shop" }, ports: [{ name: "80", port: 80, targetPort: 80 }] },
  });
  expect(written[4]).toEqual(pod);
});

test("a pod with another container than were played is written as it is", async () => {
  await play(pod, ...others);
  await world.container("--pod", "web", "--name", "more", "busybox", "top");
  const { yaml, losses } = world.generate(["web"]);
  expect(losses).toEqual([
    "pod web: written as it is now, with the values of its variables, for it has got the container more since it was played",
  ]);
  const written = documents(yaml);
  expect(written.slice(0, 2)).toEqual([configMap, claim]);
  expect(written[2]).toMatchObject({
    spec: {
      containers: [
        {
          name: "app",
          env: [
            { name: "TOKEN", value: "t" },
            { name: "WHERE", value: "t/x" },
          ],
        },
        { name: "side", command: ["watch"] },
        { name: "more", command: ["top"] },
      ],
      volumes: [{ name: "conf", configMap: { name: "conf", defaultMode: 0o440 } }, { name: "data-pvc" }],
    },
  });
});

test("a pod that has lost a container, or got another one of its name, is written as it is", async () => {
  const [made] = await play(pod, ...others);
  const side = made?.members[1]?.id ?? "";
  world.base.ctx.store.containers.remove(side);
  const reason = (): string => world.generate(["web"]).losses[0] ?? "";
  expect(reason()).toBe(
    "pod web: written as it is now, with the values of its variables, for its container side is gone or has another name since it was played",
  );
  await world.container("--pod", "web", "--name", "web-side", "busybox", "top");
  expect(reason()).toBe(
    "pod web: written as it is now, with the values of its variables, for its container web-side is another one since it was played",
  );
});

test("options that changed what was played are told", async () => {
  const yaml = [pod, ...others].map(toYaml).join("---\n");
  await world.play(yaml, { noHosts: true, logDriver: "none" });
  expect(world.generate(["web"]).losses).toEqual([
    "pod web: it was played with --log-driver none, which its manifest does not say",
    "pod web: it was played with --no-hosts, which its manifest does not say",
  ]);
});

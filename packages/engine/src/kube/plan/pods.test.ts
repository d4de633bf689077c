import { expect, test } from "bun:test";
import { containerYaml, planYaml, podYaml } from "../../../testing/kube-plan.ts";

test("a pod shares what Podman's do, stops with its last container, and has the names of its containers", () => {
  const { told, plan, pod } = planYaml(
    podYaml(
      `  hostAliases: [{ip: 10.1.2.3, hostnames: [db, db.local]}]
  containers:
  - {name: app, image: "quay.io/app:1"}
  - {name: log, image: "quay.io/app:1"}
`,
      "  labels: {app: web}\n",
    ),
  );
  expect(told).toEqual([]);
  expect(plan.networks).toEqual(["podman-default-kube-network"]);
  expect(pod.request).toMatchObject({
    id: "1".padStart(64, "0"),
    name: "web",
    share: ["ipc", "net", "uts"],
    exitPolicy: "stop",
    infra: true,
    hostname: "web",
    labels: { app: "web" },
    addHost: ["db:10.1.2.3", "db.local:10.1.2.3"],
    restart: { name: "no", maximumRetries: 0 },
    network: {
      kind: "bridge",
      attachments: [{ name: "podman-default-kube-network", aliases: ["app", "log"] }],
    },
  });
  const known = planYaml(containerYaml(""), { facts: { networkExists: () => true } });
  expect(known.plan.networks).toEqual([]);
});

test("namespaces of the host are the host's", () => {
  const { told, pod, container, plan } = planYaml(
    containerYaml("", "  hostNetwork: true\n  hostPID: true\n  hostIPC: true\n"),
  );
  expect(told).toEqual([]);
  expect(plan.networks).toEqual([]);
  expect(pod.request).toMatchObject({ share: ["net"], network: { kind: "host" }, hostname: "node" });
  expect(container("app")).toMatchObject({
    pid: { kind: "host" },
    ipc: { kind: "host" },
    uts: { kind: "host" },
  });
  const shared = planYaml(containerYaml("", "  shareProcessNamespace: true\n"));
  expect(shared.pod.request.share).toEqual(["ipc", "net", "uts", "pid"]);
});

test("hostname, subdomain and DNS of the manifest reach the pod", () => {
  const { told, pod } = planYaml(
    containerYaml(
      "",
      `  hostname: front
  subdomain: site
  dnsPolicy: None
  dnsConfig:
    nameservers: [1.1.1.1, "2001:DB8::1"]
    searches: [example.org]
    options: [{name: ndots, value: "2"}, {name: edns0}]
`,
    ),
  );
  expect(told).toEqual([
    "9:14 warning: the network's own name server answers first; for what it does not know, those of dnsConfig are asked",
  ]);
  expect(pod.request).toMatchObject({
    hostname: "front",
    fullHostname: "front.site.default.svc.cluster.local",
    addHost: [],
    dns: { servers: ["1.1.1.1", "2001:db8::1"], search: ["example.org"], options: ["ndots:2", "edns0"] },
  });
  const own = planYaml(containerYaml("", "  dnsPolicy: Default\n"));
  expect(own.told).toEqual([
    "7:14 warning: the network's own name server answers first; for what it does not know, the host's servers are asked",
  ]);
});

const PORTS = `    ports:
    - {containerPort: 80, hostPort: 8080}
    - {containerPort: 53, hostPort: 53, protocol: UDP, hostIP: 127.0.0.1}
    - {containerPort: 9000}
`;

test("ports with a hostPort are published; the command line's stand over them", () => {
  const ports = (request: Parameters<typeof planYaml>[1]): unknown =>
    planYaml(containerYaml(PORTS), request).pod.request.ports.map(
      ({ hostIp, hostPort, containerPort, protocol }) => `${hostIp}:${hostPort}:${containerPort}/${protocol}`,
    );
  expect(ports({})).toEqual([":8080:80/tcp", "127.0.0.1:53:53/udp"]);
  expect(ports({ request: { publishAll: true } })).toEqual([
    ":8080:80/tcp",
    "127.0.0.1:53:53/udp",
    ":9000:9000/tcp",
  ]);
  const given = { hostIp: "", hostPort: 9999, containerPort: 80, length: 1, protocol: "tcp" } as const;
  expect(ports({ request: { ports: [given] } })).toEqual([":9999:80/tcp", "127.0.0.1:53:53/udp"]);
});

test("--network stands over the manifest; addresses go to the pods in order", () => {
  const two = `${containerYaml("")}---\n${containerYaml("").replace("name: web", "name: two")}`;
  const { told, plan } = planYaml(two, {
    request: {
      network: { kind: "bridge", attachments: [{ name: "blue", aliases: ["x"] }] },
      ips: ["10.5.0.2"],
      macs: ["92:d0:c6:0a:29:33", "92:d0:c6:0a:29:34", "92:d0:c6:0a:29:35"],
    },
    facts: { networkExists: () => true },
  });
  expect(plan.pods.map(({ request }) => request.network)).toEqual([
    {
      kind: "bridge",
      attachments: [{ name: "blue", ip: "10.5.0.2", mac: "92:d0:c6:0a:29:33", aliases: ["x", "app"] }],
    },
    { kind: "bridge", attachments: [{ name: "blue", mac: "92:d0:c6:0a:29:34", aliases: ["x", "app"] }] },
  ]);
  expect(told).toEqual([
    '11:1 warning: no --ip is left for pod "two": it gets any',
    "11:1 warning: --mac-address 92:d0:c6:0a:29:35 is left over: no pod gets it",
  ]);
  expect(plan.pods[1]?.request.played?.options).toEqual([
    "--network blue",
    "--ip 10.5.0.2",
    "--mac-address 92:d0:c6:0a:29:33",
    "--mac-address 92:d0:c6:0a:29:34",
    "--mac-address 92:d0:c6:0a:29:35",
  ]);
  expect(() =>
    planYaml(two, { request: { network: { kind: "bridge", attachments: [{ name: "no" }] } } }),
  ).toThrow("unable to find network with name or ID no: network not found");
  const host = planYaml(containerYaml("", "  hostNetwork: true\n"), { request: { ips: ["10.5.0.2"] } });
  expect(host.told).toEqual([
    '1:1 error: --ip can only be set when the network mode is bridge, and that of pod "web" is host',
  ]);
});

test("user namespaces: the command line's, the annotation's, the field's", () => {
  const mode = (yaml: string, request = {}): string | undefined =>
    planYaml(yaml, { request }).pod.request.userns?.mode;
  const own = containerYaml("", "  hostUsers: false\n");
  expect(mode(containerYaml(""))).toBe("host");
  expect(mode(own)).toBe("auto");
  expect(mode(own, { userns: "keep-id" })).toBe("keep-id");
  expect(() => planYaml(own, { request: { userns: "bogus" } })).toThrow("unrecognized namespace mode bogus");
});

test("a Service's name leads to the pods that it selects", () => {
  const service = (name: string, spec: string): string =>
    `---\napiVersion: v1\nkind: Service\nmetadata: {name: ${name}}\nspec: ${spec}\n`;
  const { told, pod } = planYaml(
    "apiVersion: v1\nkind: Pod\nmetadata: {name: db-0, labels: {app: db, tier: back}}\n" +
      "spec: {restartPolicy: Never, containers: [{name: postgres, image: quay.io/postgres}]}\n" +
      service("db", "{selector: {app: db}, ports: [{port: 5432}]}") +
      service("other", "{selector: {app: db, tier: front}}") +
      service("mapped", "{selector: {tier: back}, ports: [{port: 80, targetPort: 8080}]}") +
      service("manual", "{ports: [{port: 80}]}"),
  );
  const attachment = pod.request.network?.kind === "bridge" ? pod.request.network.attachments[0] : undefined;
  expect(attachment?.aliases).toEqual(["postgres", "db", "mapped"]);
  const ofServices = told.filter((line) => !line.includes("objects of this kind"));
  expect(ofServices).toEqual(["19:63 warning: port 80 does not lead to 8080: the name is the pod's own"]);
});

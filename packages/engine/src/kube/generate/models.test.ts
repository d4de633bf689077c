/** What is generated, held against Kubernetes' own OpenAPI models. */
import { afterAll, beforeEach, expect, test } from "bun:test";
import { ConfigMap } from "kubernetes-models/v1/ConfigMap";
import { PersistentVolumeClaim } from "kubernetes-models/v1/PersistentVolumeClaim";
import { Pod } from "kubernetes-models/v1/Pod";
import { Service } from "kubernetes-models/v1/Service";
import { DaemonSet } from "kubernetes-models/apps/v1/DaemonSet";
import { Deployment } from "kubernetes-models/apps/v1/Deployment";
import { Job } from "kubernetes-models/batch/v1/Job";
import type { GenerateRequest } from "@podwright/spec/engine-api/kube";
import { parseAllDocuments } from "yaml";
import { generateWorld, planOf } from "../../../testing/generate-world.ts";

const MODELS = { ConfigMap, DaemonSet, Deployment, Job, PersistentVolumeClaim, Pod, Service } as const;

const world = generateWorld({
  Entrypoint: ["/entry"],
  Cmd: ["serve"],
  Env: ["LANG=C"],
  Volumes: { "/var/lib/data": {} },
  ExposedPorts: { "80/tcp": {} },
});
beforeEach(() => world.clear());
afterAll(() => world[Symbol.dispose]());

interface Case {
  readonly title: string;
  /** Flags of `pod create`; absent for a container that stands alone. */
  readonly pod?: readonly string[];
  /** Flags of `create`, without pod, name and image. */
  readonly members: readonly (readonly string[])[];
  readonly change?: Partial<GenerateRequest>;
}

const CASES: readonly Case[] = [
  { title: "nothing but an image", pod: [], members: [[]] },
  {
    title: "published ports of all kinds",
    pod: ["-p", "8080:80", "-p", "127.0.0.1:53:53/udp", "-p", "9000-9002:9000-9002"],
    members: [["--expose", "53/udp"], []],
  },
  {
    title: "a Deployment with a Service",
    pod: ["-p", "8080:80", "-p", "53:53", "-p", "53:53/udp"],
    members: [[]],
    change: { type: "deployment", service: true, replicas: 3 },
  },
  { title: "a DaemonSet", pod: ["--label", "tier=web"], members: [[]], change: { type: "daemonset" } },
  { title: "a Job", pod: [], members: [["-e", "N=1"]], change: { type: "job" } },
  { title: "a pod on the host's network", pod: ["--network", "host"], members: [[]] },
  {
    title: "one PID namespace, names and DNS",
    pod: [
      "--share",
      "+pid",
      "--add-host",
      "db:10.0.0.7",
      "--add-host",
      "cache:10.0.0.7",
      "--dns",
      "1.1.1.1",
      "--dns-search",
      "example.com",
      "--dns-option",
      "ndots:2",
      "--dns-option",
      "rotate",
      "--hostname",
      "front",
    ],
    members: [[]],
  },
  { title: "limits of a pod", pod: ["--memory", "1g", "--cpus", "2"], members: [[]] },
  { title: "sysctls", pod: ["--sysctl", "net.core.somaxconn=512"], members: [[]] },
  {
    title: "named and anonymous volumes",
    pod: [],
    members: [
      ["-v", "data:/data", "-v", "/cache"],
      ["-v", "data:/data:ro", "-v", "Other_One:/other"],
    ],
  },
  {
    title: "directories and files of the host",
    pod: [],
    members: [["-v", "/etc:/host:ro", "-v", "/etc/hosts:/h", "-v", "/etc:/again:rslave"]],
  },
  {
    title: "memory",
    pod: [],
    members: [["--tmpfs", "/run/x:size=64m", "--tmpfs", "/run/y:ro", "--mount", "type=tmpfs,dst=/z"]],
  },
  { title: "an image as a volume", pod: [], members: [["--mount", "type=image,src=busybox,dst=/tools"]] },
  { title: "devices", pod: [], members: [["--device", "/dev/null", "--device", "/dev/zero:/dev/x:r"]] },
  {
    title: "resources",
    pod: [],
    members: [
      [
        "--memory",
        "300m",
        "--memory-reservation",
        "100m",
        "--cpus",
        "0.25",
        "--cpu-shares",
        "128",
        "--pids-limit",
        "40",
      ],
    ],
  },
  {
    title: "capabilities",
    pod: [],
    members: [
      ["--cap-add", "NET_ADMIN", "--cap-drop", "all"],
      ["--cap-drop", "chown"],
    ],
  },
  { title: "privileged", pod: [], members: [["--privileged", "-v", "/mnt:/mnt:rshared"]] },
  {
    title: "a user, groups, a read-only root",
    pod: [],
    members: [
      ["--user", "1000:2000", "--group-add", "44", "--read-only", "--security-opt", "no-new-privileges"],
    ],
  },
  {
    title: "security profiles",
    pod: [],
    members: [
      [
        "--security-opt",
        "seccomp=unconfined",
        "--security-opt",
        "label=level:s0:c1,c2",
        "--security-opt",
        "unmask=all",
        "--security-opt",
        "apparmor=unconfined",
      ],
    ],
  },
  {
    title: "commands and variables with dollars",
    pod: [],
    members: [
      [
        "-e",
        "A=$(B) $$",
        "-e",
        "EMPTY=",
        "-w",
        "/srv",
        "--entrypoint",
        '["sh","-c"]',
        "--stop-signal",
        "INT",
        "--stop-timeout",
        "3",
      ],
    ],
  },
  { title: "a terminal", pod: [], members: [["-ti"]] },
  {
    title: "annotations and ulimits",
    pod: [],
    members: [
      ["--annotation", "example.com/a=b", "--annotation", "bad key=x", "--ulimit", "nofile=10:20", "--init"],
    ],
    change: { podmanOnly: true },
  },
  {
    title: "a container that stands alone",
    members: [["-p", "8080:80", "--hostname", "alone", "--label", "a=b", "-v", "data:/d"]],
  },
  {
    title: "several containers that stand alone",
    members: [
      ["-p", "8080:80"],
      ["--network", "host"],
      ["--tmpfs", "/t"],
    ],
    change: { service: true },
  },
  {
    title: "a container with the host's namespaces",
    members: [["--network", "host", "--pid", "host", "--ipc", "host"]],
  },
];

test.each(CASES.map((one) => [one.title, one] as const))("the API server would take %s", async (_, one) => {
  if (one.pod !== undefined) await world.pod("--name", "web_Pod", ...one.pod);
  const names: string[] = [];
  for (const [index, flags] of one.members.entries()) {
    const name = `c_${index}`;
    const where = one.pod === undefined ? [] : ["--pod", "web_Pod"];
    await world.container(...where, "--name", name, ...flags, "busybox", "run", "$HOME", "$(X)");
    names.push(name);
  }
  const { yaml } = world.generate(one.pod === undefined ? names : ["web_Pod"], one.change);
  validate(yaml);
  // What the models let pass, playing refuses: fields that nobody knows.
  world.clear();
  planOf(world.base, yaml);
});

/** @throws what the model says */
function validate(yaml: string): void {
  for (const document of parseAllDocuments(yaml)) {
    const data = document.toJS() as { readonly kind: keyof typeof MODELS };
    const Model = MODELS[data.kind] as new (data: unknown) => { validate(): void };
    new Model(data).validate();
  }
}

test("the models refuse a wrong type, and playing a field that nobody knows", () => {
  const pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {containers: [{name: 1}]}\n";
  expect(() => validate(pod)).toThrow();
  const field = pod.replace("name: 1", "name: a, image: a, bogus: 1");
  expect(() => planOf(world.base, field)).toThrow("bogus");
});

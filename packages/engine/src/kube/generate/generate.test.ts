import { afterAll, beforeEach, expect, test } from "bun:test";
import { parse } from "yaml";
import { isEngineError } from "@podwright/spec/errors/engine-error";
import { generateWorld } from "../../../testing/generate-world.ts";

const world = generateWorld({ Cmd: ["serve"], User: "", Env: ["LANG=C"], Volumes: { "/var/lib/data": {} } });
beforeEach(() => world.clear());
afterAll(() => world[Symbol.dispose]());

function messageOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (isEngineError(error, "KUBE_GENERATE_REFUSED") || isEngineError(error, "KUBE_NOT_FOUND"))
      return error.message;
    throw error;
  }
  return "";
}

test("generateKube() says what it cannot write with Podman's texts", async () => {
  const pod = await world.pod("--name", "web");
  const bare = await world.pod("--name", "bare", "--infra=false", "--share", "");
  expect(messageOf(() => world.generate(["web"]))).toBe(`pod ${pod.id} only has an infra container`);
  expect(messageOf(() => world.generate(["bare"]))).toBe(`pod ${bare.id} has no containers`);
  expect(messageOf(() => world.generate(["nothing"]))).toBe('name or ID "nothing" not found');
  const member = await world.container("--pod", "web", "--name", "app", "busybox");
  expect(messageOf(() => world.generate(["app"]))).toBe(
    `container ${member.id} is associated with pod ${pod.id}: use generate on the pod itself`,
  );
  expect(messageOf(() => world.generate(["web"], { replicas: 2 }))).toBe(
    "--replicas can only be set when --type is set to deployment",
  );
  expect(messageOf(() => world.generate(["web"], { replicas: 0, type: "deployment" }))).toBe(
    "--replicas has to be greater than or equal to 1. By default, --replicas is set to 1",
  );
});

test("a kind of workload refuses restart policies that it does not have", async () => {
  const played = (policy: string): Promise<unknown> =>
    world.playAndForget(
      `{apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {restartPolicy: ${policy}, containers: [{name: a, image: busybox}]}}`,
    );
  await played("Never");
  expect(messageOf(() => world.generate(["web"], { type: "deployment" }))).toBe(
    "k8s Deployments can only have restartPolicy set to Always",
  );
  expect(messageOf(() => world.generate(["web"], { type: "daemonset" }))).toBe(
    "k8s DaemonSets can only have restartPolicy set to Always",
  );
  world.clear();
  await played("Always");
  expect(messageOf(() => world.generate(["web"], { type: "job" }))).toBe(
    "k8s Jobs can not have restartPolicy set to Always; only Never and OnFailure policies allowed",
  );
});

test("claims come before the pod that uses them, each once", async () => {
  await world.pod("--name", "one");
  await world.container("--pod", "one", "-v", "data:/data", "busybox");
  await world.container("--pod", "one", "-v", "data:/other", "busybox");
  const { yaml } = world.generate(["one", "data"]);
  const kinds = yaml.split("---\n").map((text) => (parse(text) as { kind: string }).kind);
  expect(kinds).toEqual(["PersistentVolumeClaim", "Pod"]);
  expect(yaml).toStartWith(
    "# Save the output of this file and use kubectl create -f to import\n# it into Kubernetes.\n#\n# Created with podwright-",
  );
});

/** Flags of `create`, and what is told of them. */
const LOSSES: readonly (readonly [readonly string[], string])[] = [
  [["--umask", "0077"], "the umask 0077 is left out"],
  [["--tz", "UTC"], "the time zone UTC is left out"],
  [["--timeout", "5"], "the time limit of 5 seconds is left out"],
  [["--oom-score-adj", "100"], "the OOM score 100 is left out: Kubernetes sets it by the resources"],
  [["--rm"], "--rm is left out; --podman-only writes an annotation for Podman"],
  [["--log-driver", "none"], "the log driver none is left out"],
  [["--log-opt", "max-size=10m"], "options of the log driver are left out"],
  [["--log-opt", "tag=x"], "options of the log driver are left out"],
  [["--cgroups", "disabled"], "--cgroups=disabled is left out"],
  [["--cgroup-parent", "/elsewhere"], "the cgroup parent /elsewhere is left out"],
  [
    ["--network", "none"],
    "it has no network, which a manifest cannot say; `kube play --network none` gives it",
  ],
  [["--ip", "10.88.0.9"], "the address 10.88.0.9 is left out"],
  [["--mac-address", "02:00:00:00:00:09"], "the MAC address 02:00:00:00:00:09 is left out"],
  [["--no-hosts"], "--no-hosts is left out"],
  [["--shm-size", "1g"], "the size of /dev/shm, 1073741824 bytes, is left out"],
  [["--unsetenv", "LANG"], "the image's variable LANG is unset, which a manifest cannot say"],
  [["--image-volume", "ignore"], "the image's volume /var/lib/data is ignored, which a manifest cannot say"],
  [["--user", "nobody-knows"], "the user nobody-knows has no number in the image's files, and is left out"],
  [["--group-add", "wheel"], "the group wheel is left out: Kubernetes takes numbers only"],
  [["--security-opt", "mask=/proc/x"], "/proc/x is masked, which a manifest cannot say"],
  [["--security-opt", "unmask=/proc/x"], "/proc/x is unmasked, which a manifest cannot say of one path"],
  [["--security-opt", "proc-opts=hidepid=2"], "the option hidepid=2 of /proc is left out"],
  [
    ["--security-opt", "label=filetype:usr_t"],
    "the SELinux label filetype:usr_t is left out; --podman-only writes an annotation for Podman",
  ],
  [
    ["--privileged", "--security-opt", "no-new-privileges"],
    "no-new-privileges is left out: Kubernetes takes it neither with privileged nor with SYS_ADMIN",
  ],
  [
    ["--read-only", "--read-only-tmpfs=false"],
    "a read-only root comes with writable /tmp, /run and /var/tmp when played",
  ],
  [["--tmpfs", "/t:mode=700"], "the mount at /t: the option mode=700 is left out"],
  [["--tmpfs", "/t:noexec"], "the mount at /t: the option noexec is left out"],
  [["-v", "data:/d:U"], "the mount at /d: the option U is left out"],
  [["-v", "/mnt:/m:O"], "the mount at /m: the option O is left out"],
  [
    ["-v", "/mnt:/m:rshared"],
    "shared mount propagation is left out: Kubernetes takes it of privileged containers only",
  ],
  [["-v", "Some_Data:/d"], "the volume Some_Data is written as the claim some-data"],
  [["--memory", "1g", "--memory-reservation", "2g"], "a memory reservation above the limit is left out"],
  [["--blkio-weight", "100"], "a weight of block I/O is left out"],
  [["--cpu-quota", "12345"], "a CPU limit of 123.45 thousandths is written as 123m"],
  [["--pids-limit", "7"], "the limit pids-limit 7 is an annotation that only Podman and Podwright act on"],
  [["--cpuset-cpus", "0"], "the limit cpuset 0 is an annotation that only Podman and Podwright act on"],
  [["--ulimit", "core=0:0"], "the ulimit core=0:0 is an annotation that only Podman and Podwright act on"],
  [["--device", "/dev/null:/dev/n:rw"], "the permissions rw of the device /dev/null are left out"],
];

test.each(LOSSES.map(([flags, text]) => [flags.join(" "), flags, text] as const))(
  "%s is told",
  async (_, flags, text) => {
    await world.container("--name", "web", ...flags, "busybox");
    expect(world.generate(["web"]).losses).toContain(`container web: ${text}`);
  },
);

/** Flags of `pod create`, and what is told of them. */
const POD_LOSSES: readonly (readonly [readonly string[], string])[] = [
  [["--share", "net,uts"], "its containers do not share ipc; those of Kubernetes do"],
  [["--share", "+cgroup"], "the shared cgroup namespace is left out"],
  [["--share-parent=false"], "--share-parent=false is left out"],
  [["--no-hosts"], "--no-hosts is left out"],
  [["--shm-size", "1g"], "the size of /dev/shm, 1073741824 bytes, is left out"],
  [
    ["--network", "none"],
    "it has no network, which a manifest cannot say; `kube play --network none` gives it",
  ],
  [
    ["--add-host", "me:host-gateway"],
    "the host entry me:host-gateway is left out: Kubernetes takes addresses only",
  ],
  [["--dns", "none"], "--dns none is left out: Kubernetes always writes resolv.conf"],
  [
    ["--hostname", "a.b"],
    "the host name a.b is left out: Kubernetes takes one lower-case label of up to 63 characters",
  ],
  [["--label", "a=b c"], "the label a=b c is left out: Kubernetes takes no such label"],
  [["--cpuset-cpus", "0"], "the processors 0 are left out"],
  [
    ["--memory", "1g"],
    "its limits are spec.resources, which recent clusters act on and `kube play` does not",
  ],
];

test.each(POD_LOSSES.map(([flags, text]) => [flags.join(" "), flags, text] as const))(
  "pod create %s is told",
  async (_, flags, text) => {
    await world.pod("--name", "web", ...flags);
    await world.container("--pod", "web", "--name", "app", "busybox");
    expect(world.generate(["web"]).losses).toContain(`pod web: ${text}`);
  },
);

test("what members of one pod have apart is told of each", async () => {
  await world.pod("--name", "web");
  await world.container(
    "--pod",
    "web",
    "--name",
    "a",
    "--stop-timeout",
    "3",
    "--group-add",
    "7",
    "--pid",
    "host",
    "--annotation",
    "k=1",
    "busybox",
  );
  await world.container("--pod", "web", "--name", "b", "--network", "none", "--label", "x=y", "busybox");
  expect(world.generate(["web"]).losses).toEqual([
    "container b: the label x=y is left out: Kubernetes has labels of pods only",
    "container a: the host's pid namespace is left out: others of the pod have their own",
    "container b: its own network is left out: containers of a Kubernetes pod share one",
    "container a: the group 7 is left out: the others of the pod would get it too",
    "container b: its stop timeout of 10 seconds is left out: a pod has one, 3",
    "container a: the annotation k is its own, which a manifest cannot say",
  ]);
});

test("nothing is told of a container that asked for nothing unusual", async () => {
  await world.container(
    "--name",
    "web",
    "-p",
    "8080:80",
    "-v",
    "data:/data",
    "-e",
    "A=b",
    "-v",
    "/etc:/e:ro",
    "busybox",
    "top",
  );
  expect(world.generate(["web"]).losses).toEqual([]);
});

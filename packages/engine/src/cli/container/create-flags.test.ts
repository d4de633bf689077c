import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { requestOf } from "../../../testing/create-world.ts";
import type { Flag } from "../frame/command.ts";
import { createFlags, createOnlyFlags, runOnlyFlags } from "./create-flags.ts";

const request = (...line: string[]) => requestOf([...line, "busybox"]);
const error =
  (...line: string[]) =>
  (): unknown =>
    request(...line);

describe("requestFromFlags()", () => {
  test("leaves open what was not said", () => {
    const plain = requestOf(["busybox", "echo", "-x"]);
    expect(plain.command).toEqual(["echo", "-x"]);
    for (const key of [
      "name",
      "network",
      "pod",
      "entrypoint",
      "user",
      "shmSize",
      "stopTimeout",
      "platform",
    ]) {
      expect(plain).not.toHaveProperty(key);
    }
    expect(plain.limits).toEqual({});
    expect(plain.pull).toBe("missing");
    expect(plain.createCommand).toEqual(["podwright", "create", "busybox", "echo", "-x"]);
  });

  test("environment: files, then flags; pass-through and patterns from the host", () => {
    const directory = mkdtempSync(`${tmpdir()}/podwright-env-`);
    try {
      const file = `${directory}/env`;
      writeFileSync(file, "# comment\n\n  A=file\nB=file with spaces \nHOSTED\nNOPE\n");
      const { env } = requestOf(
        ["--env-file", file, "-e", "A=flag", "-e", "PRE*", "-e", "GONE", "-e", "E=", "busybox"],
        { HOSTED: "h", PRE1: "1", PRE2: "2", OTHER: "o" },
      );
      expect(env).toEqual(["A=flag", "B=file with spaces ", "HOSTED=h", "PRE1=1", "PRE2=2", "E="]);
      expect(error("-e", "=x")).toThrow('invalid variable: "=x"');
      expect(error("--env-file", `${directory}/none`)).toThrow(
        `parsing file "${directory}/none": open ${directory}/none: no such file or directory`,
      );
      writeFileSync(file, "k=v\nbare\n");
      expect(request("--label-file", file, "-l", "a", "-l", "k=flag").labels).toEqual({ k: "flag", a: "" });
      writeFileSync(file, "f".repeat(64));
      expect(request("--pod-id-file", file).pod).toEqual({ kind: "existing", nameOrId: "f".repeat(64) });
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  test("--network in its forms", () => {
    const network = (...line: string[]) => request(...line).network;
    expect(network("--network", "none")).toEqual({ kind: "none" });
    expect(network("--net", "container:db")).toEqual({ kind: "container", container: "db" });
    expect(network("--network", "ns:/run/netns/x")).toEqual({ kind: "path", path: "/run/netns/x" });
    expect(network("--network", "bridge:ip=10.88.0.9,mac=92:D0:C6:0A:29:33")).toEqual({
      kind: "bridge",
      attachments: [{ name: "", ip: "10.88.0.9", mac: "92:d0:c6:0a:29:33" }],
    });
    expect(network("--network", "a:alias=x,alias=y", "--network", "b")).toEqual({
      kind: "bridge",
      attachments: [{ name: "a", aliases: ["x", "y"] }, { name: "b" }],
    });
    expect(network("--ip", "10.88.0.9", "--network-alias", "web")).toEqual({
      kind: "bridge",
      attachments: [{ name: "", ip: "10.88.0.9", aliases: ["web"] }],
    });
    expect(error("--network", "host", "--ip", "10.0.0.1")).toThrow(
      "--ip can only be set when the network mode is bridge: invalid argument",
    );
    expect(error("--network", "a", "--network", "b", "--ip", "10.0.0.1")).toThrow("for a single network");
    expect(error("--network", "a", "--network", "host")).toThrow("can only set extra network names");
    expect(error("--network", "none", "--network", "a")).toThrow(
      "cannot set multiple networks without bridge",
    );
    expect(error("--network", "bridge:ip=x")).toThrow('invalid ip address "x"');
    expect(error("--network", "slirp4netns")).toThrow("--network slirp4netns is not implemented");
  });

  test("names: dns, hosts", () => {
    expect(request("--dns", "1.1.1.1,::1", "--dns-search", "a.b", "--dns-opt", "ndots:2").dns).toEqual({
      servers: ["1.1.1.1", "::1"],
      search: ["a.b"],
      options: ["ndots:2"],
    });
    expect(request("--add-host", "a;b:host-gateway").addHost).toEqual(["a;b:host-gateway"]);
    expect(error("--dns", "x")).toThrow("x is not an ip address");
    expect(error("--dns", "none,1.1.1.1")).toThrow("none is not allowed to be specified with other DNS");
    expect(error("--add-host", "a")).toThrow('bad format for add-host: "a"');
    expect(error("--add-host", "a:x")).toThrow('invalid IP address in add-host: "x"');
    expect(error("--no-hosts", "--add-host", "a:1.1.1.1")).toThrow(
      "--no-hosts and --add-host cannot be set together",
    );
    expect(error("--dns", "1.1.1.1", "--network", "none")).toThrow(
      "conflicting options: dns and the network mode: none",
    );
  });

  test("limits", () => {
    expect(request("-m", "1g", "--memory-swap", "-1", "-c", "512", "--cpuset-cpus", "0,1-2").limits).toEqual({
      memory: 1_073_741_824,
      memorySwap: -1,
      cpuShares: 512,
      cpusetCpus: "0,1-2",
    });
    expect(error("-m", "x")).toThrow("invalid value for memory: invalid size: 'x'");
    expect(error("-m", "2g", "--memory-swap", "1g")).toThrow("larger than memory limit");
    expect(error("--blkio-weight", "5")).toThrow("invalid value for blkio-weight");
  });

  test("security options", () => {
    const { security } = request(
      "--security-opt",
      "no-new-privileges:true",
      "--security-opt",
      "unmask=/a:/b",
      "--security-opt",
      "mask=/c",
      "--security-opt",
      "seccomp=unconfined",
      "--security-opt",
      "label=disable",
    );
    expect(security).toMatchObject({
      noNewPrivileges: true,
      unmask: ["/a", "/b"],
      mask: ["/c"],
      seccomp: "unconfined",
      labels: ["disable"],
    });
    expect(request("--security-opt", "systempaths=unconfined").security.unmask).toEqual(["ALL"]);
    expect(error("--security-opt", "bogus")).toThrow('invalid --security-opt 1: "bogus"');
    expect(error("--security-opt", "bogus=1")).toThrow('invalid --security-opt 2: "bogus=1"');
  });

  test("pods, platform, logging, the rest", () => {
    expect(request("--pod", "new:web").pod).toEqual({ kind: "new", name: "web" });
    expect(request("--platform", "linux/arm64/v8").platform).toEqual({
      os: "linux",
      arch: "arm64",
      variant: "v8",
    });
    expect(request("--ulimit", "host").ulimits).toBe("host");
    expect(request("--umask", "77").umask).toBe("0077");
    expect(request("--log-driver", "none", "--log-opt", "max-size=10mb").logOptions).toEqual({
      "max-size": "10mb",
    });
    expect(request("--restart", "no").autoRemove).toBe(false);
    expect(request("--no-healthcheck").health).toBe("none");
    expect(error("--group-add", "keep-groups", "--group-add", "7")).toThrow(
      "the '--group-add keep-groups' option is not allowed with any other --group-add options",
    );
    expect(error("--pod", "new:")).toThrow("new pod name must be at least one character");
    expect(error("--platform", "linux/amd64", "--arch", "arm64")).toThrow(
      "--platform option can not be specified with --arch or --os",
    );
    expect(error("--log-driver", "bogus")).toThrow(
      "running container create option: invalid log driver: invalid argument",
    );
    expect(error("--pull", "bogus")).toThrow('unsupported pull policy "bogus"');
    expect(error("--replace")).toThrow("cannot replace container without --name being set");
    expect(error("-a", "bogus")).toThrow('invalid stream "bogus" for --attach');
    expect(error("--umask", "9")).toThrow("invalid umask");
  });

  test("what is not built is refused by name; what asks for nothing is taken", () => {
    expect(request("--restart", "on-failure:3").restart).toEqual({ name: "on-failure", maximumRetries: 3 });
    expect(error("--restart", "sometimes")).toThrow(
      '"sometimes" is not a valid restart policy: invalid argument',
    );
    expect(error("--gpus", "all")).toThrow("--gpus is not implemented");
    expect(error("--log-opt", "label=a")).toThrow("--log-opt label is not implemented");
    expect(request("--userns", "host", "--systemd", "false", "--sdnotify", "ignore").image).toBe("busybox");
  });
});

test("create and run know each flag that Podman has (podman.md §3.3)", () => {
  const known = Object.keys({ ...createFlags, ...createOnlyFlags, ...runOnlyFlags });
  const podman =
    "name hostname label label-file annotation cidfile pidfile conmon-pidfile replace pod pod-id-file requires init-ctr " +
    "entrypoint workdir user group-add env env-file env-host env-merge unsetenv unsetenv-all http-proxy umask tz init init-path " +
    "stop-signal stop-timeout timeout oom-score-adj personality systemd sdnotify passwd passwd-entry group-entry hostuser " +
    "chrootdirs interactive tty attach detach detach-keys sig-proxy preserve-fd preserve-fds log-driver log-opt quiet rm rmi " +
    "restart health-cmd health-interval health-retries health-timeout health-start-period health-on-failure " +
    "health-log-destination health-max-log-count health-max-log-size health-startup-cmd health-startup-interval " +
    "health-startup-retries health-startup-success health-startup-timeout no-healthcheck pull arch os variant platform authfile " +
    "creds cert-dir tls-verify retry retry-delay decryption-key disable-content-trust rootfs image-volume volume volumes-from " +
    "mount tmpfs read-only read-only-tmpfs shm-size shm-size-systemd secret device device-cgroup-rule gpus network network-alias " +
    "ip ip6 mac-address link-local-ip publish publish-all expose dns dns-option dns-search add-host hosts-file no-hosts " +
    "no-hostname cgroupns ipc pid uts userns uidmap gidmap subuidname subgidname cap-add cap-drop privileged security-opt " +
    "seccomp-policy sysctl ulimit cgroups cgroup-parent cgroup-conf cpus cpu-shares cpu-period cpu-quota cpu-rt-period " +
    "cpu-rt-runtime cpuset-cpus cpuset-mems memory memory-reservation memory-swap memory-swappiness oom-kill-disable pids-limit " +
    "blkio-weight blkio-weight-device device-read-bps device-write-bps device-read-iops device-write-iops rdt-class " +
    "kernel-memory signature-policy";
  expect(podman.split(" ").filter((name) => !known.includes(name))).toEqual([]);
});

test("no two flags share a letter", () => {
  const flags: Record<string, Flag> = { ...createFlags, ...runOnlyFlags };
  const letters = Object.values(flags).flatMap(({ short }) => (short === undefined ? [] : [short]));
  expect(new Set(letters).size).toBe(letters.length);
});

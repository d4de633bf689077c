import { expect, test } from "bun:test";
import { lstatSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { inOwnNamespaces, sh } from "../../testing/kernel.ts";
import { SpecWorld } from "../../testing/spec-world.ts";
import { prepareExecProcess } from "./prepare-exec.ts";
import { defaultSeccompProfile } from "./oci-spec/default-seccomp.ts";
import { resolveSeccomp } from "./oci-spec/seccomp.ts";

const CAPS = (text: string): Record<string, string> =>
  Object.fromEntries([...text.matchAll(/^Cap(\w+):\s*(\w+)/gm)].map((m) => [m[1], m[2]]));

async function failure(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return "";
}

inOwnNamespaces(import.meta.path, () => {
  test("a plain container: root, 11 capabilities, names, its own files", async () => {
    using world = new SpecWorld();
    const script =
      "id; grep ^Cap /proc/self/status; grep NoNewPrivs /proc/self/status; grep ^Seccomp: /proc/self/status; " +
      "hostname; cat /etc/hosts /etc/resolv.conf /etc/hostname; env; pwd; umask; stat -c %s /run/.containerenv";
    const { out, err, config } = await world.run("--name", "plain", "busybox", "sh", "-c", script);
    expect(err).toBe("");
    expect(out).toContain("uid=0(root) gid=0(root) groups=0(root)");
    const caps = CAPS(out);
    expect(caps).toEqual({
      Inh: "0".repeat(16),
      Prm: "00000000800405fb",
      Eff: "00000000800405fb",
      Bnd: "00000000800405fb",
      Amb: "0".repeat(16),
    });
    expect(out).toMatch(/NoNewPrivs:\s*0/);
    expect(out).toMatch(/Seccomp:\s*2/);
    expect(out).toContain(
      `\n${config.id.slice(0, 12)}\n127.0.0.1\tlocalhost\n10.0.0.2\t${config.id.slice(0, 12)} plain\n`,
    );
    expect(out).toContain("nameserver 192.0.2.1");
    expect(out).toContain("HOME=/root");
    expect(out).toContain(`HOSTNAME=${config.id.slice(0, 12)}`);
    expect(out).toContain("container=podman");
    expect(out.trimEnd().endsWith("/\n0022\n0")).toBe(true);
  });

  test("another user has no capabilities but those added by name", async () => {
    using world = new SpecWorld();
    const plain = await world.run(
      "-u",
      "app",
      "busybox",
      "sh",
      "-c",
      "id; grep ^Cap /proc/self/status; pwd; echo $HOME",
    );
    expect(plain.out).toContain("uid=1000(app) gid=1001(app) groups=1001(app),2000(extra)");
    expect(CAPS(plain.out)).toMatchObject({
      Prm: "0".repeat(16),
      Eff: "0".repeat(16),
      Bnd: "00000000800405fb",
    });
    expect(plain.out).toContain("/home/app");
    const added = await world.run(
      "-u",
      "1000:3000",
      "--cap-add",
      "net_bind_service",
      "--group-add",
      "extra",
      "busybox",
      "sh",
      "-c",
      "id; grep ^Cap /proc/self/status",
    );
    expect(added.out).toContain("uid=1000(app) gid=3000(other) groups=2000(extra),3000(other)");
    expect(CAPS(added.out)).toMatchObject({ Eff: "0000000000000400", Amb: "0000000000000400" });
  });

  test("an unknown uid gets an entry in passwd; an unknown name is refused", async () => {
    using world = new SpecWorld();
    const { out } = await world.run(
      "-u",
      "4711:4712",
      "-w",
      "/tmp",
      "busybox",
      "sh",
      "-c",
      "whoami; id; cat /etc/passwd /etc/group",
    );
    expect(out).toStartWith("4711\nuid=4711(4711) gid=4712(4712) groups=4712(4712)\n");
    expect(out).toContain("4711:*:4711:4712:container user:/tmp:/bin/sh\n");
    expect(await failure(world.run("-u", "nobody", "busybox", "true"))).toBe(
      "unable to find user nobody: no matching entries in passwd file",
    );
    expect(await failure(world.run("-u", "0:nogroup", "busybox", "true"))).toBe(
      "unable to find group nogroup: no matching entries in group file",
    );
    expect(await failure(world.run("-u", "2147483648", "busybox", "true"))).toContain("must be in range");
  });

  test("masked and read-only paths, /dev, /proc, /sys, /dev/shm", async () => {
    using world = new SpecWorld();
    const script =
      "cat /proc/keys | wc -c; ls /sys/firmware | wc -l; touch /proc/sys/kernel/hostname2 2>&1; " +
      "echo 1 2>/dev/null > /proc/sysrq-trigger || echo refused; ls /dev | tr '\\n' ' '; mount; df -k /dev/shm";
    const { out } = await world.run(
      "--shm-size",
      "1m",
      "busybox",
      "sh",
      "-c",
      script.replace("| tr '\\n' ' '", ""),
    );
    expect(out).toStartWith("0\n0\n");
    expect(out).toContain("refused");
    for (const name of ["null", "zero", "full", "random", "urandom", "tty", "ptmx", "pts", "shm", "mqueue"]) {
      expect(out).toContain(`\n${name}\n`);
    }
    expect(out).toMatch(/sysfs on \/sys type sysfs \(ro,nosuid,nodev,noexec/);
    expect(out).toContain("tmpfs on /proc/keys type tmpfs");
    expect(out).toContain("proc on /proc/sys type proc (ro");
    expect(out).toMatch(/ \/dev\/shm type tmpfs \(rw,nosuid,nodev,noexec.*size=1024k/);
    expect(out).toMatch(/\/sys\/fs\/cgroup.* \(?.*ro/);
  });

  test("--privileged: all there is, nothing masked", async () => {
    using world = new SpecWorld();
    const script =
      "grep ^Cap /proc/self/status; grep ^Seccomp: /proc/self/status; mount; cat /run/.containerenv; ls /dev";
    const { out, err, config } = await world.run(
      "--privileged",
      "--name",
      "p",
      "busybox",
      "sh",
      "-c",
      script,
    );
    expect(err).toBe("");
    const bounding = /^CapBnd:\s*(\w+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "";
    expect(CAPS(out)).toMatchObject({ Eff: bounding, Bnd: bounding, Inh: "0".repeat(16) });
    expect(out).toMatch(/Seccomp:\s*0/);
    expect(out).toMatch(/sysfs on \/sys type sysfs \(rw/);
    expect(out).not.toContain(" /proc/kcore ");
    expect(out).toContain(`name="p"\nid="${config.id}"`);
    expect(out).toContain("kmsg");
  });

  test("unmask, mask, no-new-privileges, seccomp=unconfined", async () => {
    using world = new SpecWorld();
    const status = "grep -E 'NoNewPrivs|Seccomp:' /proc/self/status; mount";
    const opts = [
      "--security-opt",
      "no-new-privileges",
      "--security-opt",
      "seccomp=unconfined",
      "--security-opt",
      "unmask=/proc/kcore:/proc/s*",
      "--security-opt",
      "mask=/data",
    ];
    const { out } = await world.run(...opts, "busybox", "sh", "-c", `${status}; ls /data | wc -l`);
    expect(out).toMatch(/NoNewPrivs:\s*1/);
    expect(out).toMatch(/Seccomp:\s*0/);
    expect(out).not.toContain("/proc/kcore");
    expect(out).not.toContain(" /proc/sys ");
    expect(out).toContain("/proc/keys");
    expect(out.trimEnd().endsWith("\n0")).toBe(true);
  });

  test("ulimits, oom score, sysctl, umask, hostname, workdir", async () => {
    using world = new SpecWorld();
    const { out, err } = await world.run(
      "--ulimit",
      "nofile=100:200",
      "--ulimit",
      "core=-1:-1",
      "--sysctl",
      "net.ipv4.ip_default_ttl=33",
      "--umask",
      "0077",
      "--hostname",
      "box.example",
      "--oom-score-adj",
      "500",
      "-w",
      "/data/sub",
      "busybox",
      "sh",
      "-c",
      "cat /proc/self/limits /proc/self/oom_score_adj /proc/sys/net/ipv4/ip_default_ttl; umask; hostname; pwd",
    );
    expect(err).toBe("");
    expect(out).toMatch(/Max open files\s+100\s+200/);
    expect(out).toMatch(/Max core file size\s+unlimited\s+unlimited/);
    expect(out).toContain("\n500\n33\n0077\nbox.example\n/data/sub\n");
  });

  test("limits of the cgroup", async () => {
    using world = new SpecWorld();
    const script =
      "cat /proc/self/cgroup; cat /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/pids.max 2>/dev/null; cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max 2>/dev/null";
    const { out, err } = await world.run(
      "-m",
      "32m",
      "--pids-limit",
      "77",
      "--cpus",
      "0.5",
      "busybox",
      "sh",
      "-c",
      script,
    );
    expect(err).toBe("");
    expect(out).toContain("\n77\n33554432\n");
  });

  test("read-only root with writable scratch places", async () => {
    using world = new SpecWorld();
    const script =
      "touch /x 2>&1; touch /tmp/x /run/x /var/tmp/x /dev/shm/x && echo scratch; ls -ld /tmp | cut -c1-10";
    const { out } = await world.run("--read-only", "busybox", "sh", "-c", script);
    expect(out).toBe("touch: /x: Read-only file system\nscratch\ndrwxrwxrwt\n");
    const strict = await world.run(
      "--read-only",
      "--read-only-tmpfs=false",
      "busybox",
      "sh",
      "-c",
      "touch /tmp/x 2>&1; touch /etc/hosts 2>&1; touch /dev/x 2>&1",
    );
    expect(strict.out.match(/Read-only file system/g)?.length).toBe(3);
  });

  test("binds, tmpfs and volumes; a new volume is filled from the image, with links and owners", async () => {
    using world = new SpecWorld({ Volumes: { "/data": {} } });
    symlinkSync("file", `${world.rootfs}/data/link`);
    sh(
      `ln ${world.rootfs}/data/file ${world.rootfs}/data/hard; chown 1000:1001 ${world.rootfs}/data; chmod 750 ${world.rootfs}/data`,
    );
    const source = `${world.world.directory}/source`;
    mkdirSync(source);
    writeFileSync(`${source}/f`, "host\n");
    const script =
      "cat /data/file /data/link /src/f; stat -c '%u:%g %a' /data; stat -c %h /data/file; touch /src/x 2>&1; touch /data/new; " +
      "grep ' /t ' /proc/mounts; stat -c %u /mine";
    const { out, config } = await world.run(
      "-u",
      "1000",
      "-v",
      `${source}:/src:ro`,
      "--tmpfs",
      "/t:size=2m,mode=1777",
      "-v",
      "mine:/mine",
      "busybox",
      "sh",
      "-c",
      script,
    );
    expect(out).toStartWith(
      "from the image\nfrom the image\nhost\n1000:1001 750\n2\ntouch: /src/x: Read-only file system\n",
    );
    expect(out).toMatch(/tmpfs \/t tmpfs rw,nosuid,nodev,relatime,size=2048k/);
    expect(out.trimEnd().endsWith("1000")).toBe(true);
    const name = config.mounts.find((m) => m.destination === "/data")?.source ?? "";
    const directory = `${world.ctx.settings.root}/volumes/${name}/_data`;
    expect(lstatSync(`${directory}/link`).isSymbolicLink()).toBe(true);
    expect(lstatSync(`${directory}/new`).uid).toBe(1000);
    expect(world.ctx.store.volumes.get(name)).toMatchObject({ needsCopyUp: false, needsChown: false });
  });

  test("a device, and no other", async () => {
    using world = new SpecWorld();
    const script =
      "ls -l /dev/mykmsg; head -c1 /dev/mykmsg >/dev/null 2>&1 && echo readable; echo x 2>/dev/null > /dev/mykmsg || echo no-write";
    const { out, err } = await world.run(
      "--device",
      "/dev/kmsg:/dev/mykmsg:r",
      "busybox",
      "sh",
      "-c",
      script,
    );
    expect(err).toBe("");
    expect(out).toMatch(/^cr.*1, +11 .*\/dev\/mykmsg\n/);
    expect(out).toContain("no-write");
    expect(await failure(world.run("--device", "/dev/nope", "busybox", "true"))).toContain(
      "stat /dev/nope: no such file",
    );
  });

  test("--init runs the program as PID 1", async () => {
    using world = new SpecWorld();
    const { out } = await world.run(
      "--init",
      "busybox",
      "sh",
      "-c",
      "cat /proc/1/comm; test $$ -gt 1 && echo child",
    );
    expect(out).toBe("podman-init\nchild\n");
  });

  test("the image's working directory is made inside the root, whatever links say (CVE-2026-55686)", async () => {
    using world = new SpecWorld({ WorkingDir: "/w/new/deep" });
    const outside = `${world.world.directory}/outside`;
    mkdirSync(outside);
    symlinkSync(outside, `${world.rootfs}/w`);
    expect((await world.run("-u", "app", "busybox", "pwd")).out).toBe(`${outside}/new/deep\n`);
    expect(lstatSync(`${world.rootfs}${outside}/new/deep`).uid).toBe(1000);
    rmSync(`${world.rootfs}/w`);
    symlinkSync("../../../../home", `${world.rootfs}/w`);
    const { out } = await world.run("-u", "app", "busybox", "sh", "-c", "pwd; stat -c %u:%g .");
    expect(out).toBe("/home/new/deep\n1000:1001\n");
    expect(lstatSync(`${world.rootfs}/home/new`).isDirectory()).toBe(true);
    expect(sh(`ls ${outside}`)).toBe("");
  });

  test("-w above a mount needs no directory in the image", async () => {
    using world = new SpecWorld();
    const { out } = await world.run("-v", "/etc/hostname:/srv/www/name", "-w", "/srv/www", "busybox", "ls");
    expect(out).toBe("name\n");
  });

  test("-w must be there, and leads nowhere into /proc (CVE-2024-21626)", async () => {
    using world = new SpecWorld();
    const missing = await failure(world.run("-w", "/nope", "busybox", "pwd"));
    expect(missing).toMatch(/^workdir "\/nope" does not exist on container [0-9a-f]{64}$/);
    expect(await failure(world.run("-w", "/etc/passwd", "busybox", "pwd"))).toContain("is not a directory");
    expect(await failure(world.run("-w", "/proc/self/fd/8", "busybox", "pwd"))).toContain("not allowed");
    symlinkSync("/proc/self/fd/8", `${world.rootfs}/door`);
    expect(await failure(world.run("-w", "/door", "busybox", "pwd"))).toContain("not allowed");
  });

  test("an image whose passwd is a FIFO, a device, a huge file or a link outwards does no harm (CVE-2024-9676)", async () => {
    using world = new SpecWorld();
    const passwd = `${world.rootfs}/etc/passwd`;
    rmSync(passwd);
    sh(`mkfifo ${passwd}`);
    expect(await failure(world.run("-u", "app", "busybox", "true"))).toContain("not a regular file");
    rmSync(passwd);
    sh(`truncate -s 1T ${passwd}`);
    expect(await failure(world.run("-u", "app", "busybox", "true"))).toContain("larger than");
    rmSync(passwd);
    symlinkSync("/etc/shadow", passwd);
    expect(await failure(world.run("-u", "app", "busybox", "true"))).toContain("unable to find user app");
    rmSync(passwd);
    symlinkSync("../../../../../../etc/group", passwd);
    expect(await failure(world.run("-u", "app", "busybox", "true"))).toContain("unable to find user app");
  });

  test("an image whose /proc, /sys or /dev is a link is refused", async () => {
    using world = new SpecWorld();
    symlinkSync("/tmp", `${world.rootfs}/dev`);
    expect(await failure(world.run("busybox", "true"))).toBe(
      "/dev in the container's image is a symbolic link",
    );
  });

  test("the shareable /dev/shm is the host's; with --ipc none there is none of ours", async () => {
    using world = new SpecWorld();
    const { config } = await world.run("busybox", "sh", "-c", "echo shared > /dev/shm/f");
    const shm = `${world.ctx.settings.runRoot}/sandboxes/${config.id}/shm`;
    expect(readFileSync(`${shm}/f`, "utf8")).toBe("shared\n");
    const none = await world.run("--ipc", "none", "busybox", "sh", "-c", "grep -c /dev/shm /proc/mounts");
    expect(none.out).toBe("0\n");
  });

  test("--tz binds the zone's file", async () => {
    using world = new SpecWorld();
    expect(await failure(world.run("--tz", "Mars/Olympus", "busybox", "true"))).toContain(
      "unknown time zone",
    );
    expect(await failure(world.run("--tz", "../../etc/shadow", "busybox", "true"))).toContain(
      "unknown time zone",
    );
  });

  test("the built-in seccomp profile on the kernel: programs run, AF_ALG and AF_VSOCK do not open", async () => {
    using world = new SpecWorld();
    for (const name of ["lib", "lib64"]) symlinkSync(`usr/${name}`, `${world.rootfs}/${name}`);
    const script =
      'for (1, 2, 10, 16, 17, 38, 40) { print "$_:", socket(my $s, $_, $_ == 16 ? 3 : $_ == 38 ? 5 : 1, 0) ? "ok" : $!+0, " " }';
    const line = ["-v", "/usr:/usr:ro", "busybox", "/usr/bin/perl", "-e", script];
    const { config } = await world.world.create(...line);
    const spec = await world.spec(config);
    const facts = { arch: "amd64", kernel: [6, 18] as const, capabilities: config.capabilities };
    spec.linux.seccomp = resolveSeccomp(defaultSeccompProfile(), facts);
    const { out, err } = world.runSpec(config, spec);
    expect(err).toBe("");
    // 22, 94: the kernel's own answers to that type of socket; EPERM is 1.
    expect(out).toMatch(/^1:ok 2:ok 10:ok 16:ok 17:(ok|1|22|94) 38:1 40:1 $/);
  });

  test("crun takes the same spec", async () => {
    using world = new SpecWorld();
    // It refuses a hybrid host: here it sees none at all. Limits are tested above.
    sh("mount -t tmpfs tmpfs /sys/fs/cgroup");
    world.runtime = ["crun", "--cgroup-manager=disabled"];
    const { out, err } = await world.run(
      "--tmpfs",
      "/sys/fs/cgroup",
      "--cgroups",
      "disabled",
      "-u",
      "app",
      "--tmpfs",
      "/t:mode=700",
      "--ulimit",
      "core=-1",
      "busybox",
      "sh",
      "-c",
      "id -u; grep -c ' /t ' /proc/mounts; grep Seccomp: /proc/self/status; umask",
    );
    sh("umount /sys/fs/cgroup");
    expect(err).toBe("");
    expect(out).toMatch(/^1000\n1\nSeccomp:\s*2\n0022\n$/);
  });

  test("an exec session has the container's rights, and the directory and user that it asks for", async () => {
    using world = new SpecWorld();
    const { config } = await world.world.create("-e", "A=1", "--cap-drop", "chown", "busybox", "true");
    const process = await prepareExecProcess(world.ctx, {
      config,
      rootfs: world.rootfs,
      command: ["id"],
      env: ["A=2"],
      user: "app",
      workdir: "/tmp",
      tty: true,
      privileged: false,
    });
    expect(process).toMatchObject({
      args: ["id"],
      cwd: "/tmp",
      terminal: true,
      user: { uid: 1000, gid: 1001, additionalGids: [1001, 2000] },
    });
    expect(process.env).toEqual([
      "TERM=xterm",
      ...config.process.env.filter((line) => line !== "A=1"),
      "A=2",
      "HOME=/home/app",
      `HOSTNAME=${config.network.hostname}`,
    ]);
    expect(process.capabilities?.bounding).not.toContain("CAP_CHOWN");
    expect(process.capabilities?.effective).toEqual([]);
    symlinkSync("/proc/self/fd/9", `${world.rootfs}/door`);
    const door = {
      config,
      rootfs: world.rootfs,
      command: ["id"],
      env: [],
      workdir: "/door",
      tty: false,
      privileged: true,
    };
    expect(prepareExecProcess(world.ctx, door)).rejects.toThrow("not allowed");
  });
});

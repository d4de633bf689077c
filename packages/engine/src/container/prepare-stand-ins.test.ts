import { expect, test } from "bun:test";
import { chownSync, existsSync, mkdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { inOwnNamespaces } from "../../testing/kernel.ts";
import { SpecWorld } from "../../testing/spec-world.ts";

inOwnNamespaces(import.meta.path, () => {
  test("an image is mounted read-only, or writable with nothing written to the image", async () => {
    using world = new SpecWorld();
    const script = "cat /ro/etc/hostname; touch /ro/x; touch /rw/x && ls /rw/x; ls /sub/passwd";
    writeFileSync(`${world.rootfs}/etc/hostname`, "from the image\n");
    const { out, err, config } = await world.run(
      "--mount",
      "type=image,src=busybox,dst=/ro",
      "--mount",
      "type=image,src=busybox,dst=/rw,rw=true",
      "--mount",
      "type=image,src=busybox,dst=/sub,subpath=/etc",
      "busybox",
      "sh",
      "-c",
      script,
    );
    expect(out).toBe("from the image\n/rw/x\n/sub/passwd\n");
    expect(err).toContain("/ro/x: Read-only file system");
    expect(existsSync(`${world.rootfs}/x`)).toBe(false);
    expect(world.ctx.store.containers.usingImage(config.mounts[0]?.imageId ?? "")).toEqual([config.id]);
  });

  test("a sub-path cannot lead out of the image", async () => {
    using world = new SpecWorld();
    symlinkSync("../../../../../../etc", `${world.rootfs}/out`);
    const { out } = await world.run(
      "--mount",
      "type=image,src=busybox,dst=/m,subpath=/out",
      "busybox",
      "ls",
      "/m",
    );
    expect(out).toContain("passwd");
    expect(out).not.toContain("debian_version");
    const missing = world.run("--mount", "type=image,src=busybox,dst=/m,subpath=/none", "busybox", "true");
    await expect(missing).rejects.toThrow("subpath /none of busybox: no such file or directory");
  });

  test(":O leaves the directory as it was; :U gives it to the user, links aside", async () => {
    using world = new SpecWorld();
    const base = world.world.directory;
    for (const name of ["overlaid", "owned", "owned/below"]) mkdirSync(`${base}/${name}`);
    writeFileSync(`${base}/overlaid/f`, "host\n");
    writeFileSync(`${base}/elsewhere`, "");
    chownSync(`${base}/elsewhere`, 5, 5);
    symlinkSync(`${base}/elsewhere`, `${base}/owned/link`);
    const { out } = await world.run(
      "-u",
      "1000:1001",
      "-v",
      `${base}/overlaid:/o:O,U`,
      "-v",
      `${base}/owned:/u:U`,
      "busybox",
      "sh",
      "-c",
      "cat /o/f; echo changed > /o/f; cat /o/f; stat -c %u:%g /u/below; touch /u/new",
    );
    expect(out).toBe("host\nchanged\n1000:1001\n");
    expect(await Bun.file(`${base}/overlaid/f`).text()).toBe("host\n");
    expect(statSync(`${base}/overlaid/f`).uid).toBe(0);
    expect(statSync(`${base}/owned/new`).uid).toBe(1000);
    expect(statSync(`${base}/elsewhere`).uid).toBe(5);
    await expect(world.run("-v", "/tmp/../usr:/u:U", "busybox", "true")).rejects.toThrow(
      'chowning host path "/usr" is not allowed',
    );
  });
});

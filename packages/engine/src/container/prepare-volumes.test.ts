import { expect, test } from "bun:test";
import { mkdirSync, readdirSync } from "node:fs";
import { inOwnNamespaces, sh } from "../../testing/kernel.ts";
import { SpecWorld } from "../../testing/spec-world.ts";

inOwnNamespaces(import.meta.path, () => {
  test("a volume that stays empty is filled by the first image that has something for it", async () => {
    using world = new SpecWorld();
    const { volumes } = world.ctx.store;
    const awaits = { needsCopyUp: true, needsChown: true };
    await world.run("-u", "7", "-v", "late:/nothing", "busybox", "true");
    expect(volumes.get("late")).toMatchObject(awaits);
    mkdirSync(`${world.rootfs}/empty`);
    const { out } = await world.run("-u", "7", "-v", "late:/empty", "busybox", "stat", "-c", "%u", "/empty");
    expect([out, volumes.get("late")]).toMatchObject(["0\n", awaits]);
    await world.run("-v", "late:/etc", "busybox", "true");
    expect(volumes.get("late")).toMatchObject({ needsCopyUp: false, needsChown: false });
    const directory = `${world.ctx.settings.root}/volumes/late/_data`;
    expect(readdirSync(directory)).toContain("passwd");
    // Nor is it filled again when its user has emptied it.
    sh(`rm -r ${directory}/*`);
    await world.run("-v", "late:/etc", "busybox", "true");
    expect(readdirSync(directory)).not.toContain("passwd");
  });
});

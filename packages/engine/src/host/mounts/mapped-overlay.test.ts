import { expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import { inOwnNamespaces, sh, temporaryDirectory } from "../../../testing/kernel.ts";
import { PinnedNamespaces } from "../namespaces/pinned-namespaces.ts";
import { KernelMounts } from "./kernel-mounts.ts";

const MAPPINGS = {
  uid: [{ inside: 0, outside: 300_000, size: 1000 }],
  gid: [{ inside: 0, outside: 400_000, size: 1000 }],
};

inOwnNamespaces(import.meta.path, () => {
  test("mappedOverlay() shows and keeps the owners inside, of what is there and of what is new", async () => {
    using dir = temporaryDirectory();
    const { path } = dir;
    for (const name of ["lower", "low", "store/upper", "store/work", "target"])
      mkdirSync(`${path}/${name}`, { recursive: true });
    writeFileSync(`${path}/lower/old`, "old");
    const pins = `${path}/pins`;
    await new PinnedNamespaces().pinFor({ mappings: MAPPINGS }, pins, ["net"], {});
    const mounts = new KernelMounts();
    const request = { target: `${path}/target`, lower: [`${path}/low`, `${path}/lower`], volatile: false };
    await mounts.mappedOverlay(
      { ...request, upper: `${path}/store/upper`, work: `${path}/store/work` },
      MAPPINGS,
    );
    expect(statSync(`${path}/target/old`).uid).toBe(300_000);
    sh(
      `chmod 755 ${path}; cd ${path}/target && nsenter --user=${pins}/user -S 0 -G 0 sh -c 'echo more >>old; mkdir d; touch d/f; chown 5:6 d/f'`,
    );
    const { uid, gid } = statSync(`${path}/target/d/f`);
    expect([uid, gid]).toEqual([300_005, 400_006]);
    const kept = statSync(`${path}/store/upper/d/f`);
    expect([kept.uid, kept.gid]).toEqual([5, 6]);
    expect(statSync(`${path}/store/upper/old`).uid).toBe(0);
    expect(process.geteuid?.()).toBe(0);
    writeFileSync(`${path}/after`, "");
    expect(statSync(`${path}/after`).uid).toBe(0);
    mounts.unmount(`${path}/target`);
    new PinnedNamespaces().unpin(pins);
  });

  test("pinFor() makes the others belong to the user namespace, new or joined, and leaves no process", async () => {
    using dir = temporaryDirectory();
    const namespaces = new PinnedNamespaces();
    const own = readlinkSync("/proc/thread-self/ns/net");
    const children = (): number =>
      Number(sh(`grep -l "^PPid:[[:space:]]${process.pid}$" /proc/[0-9]*/status 2>/dev/null | wc -l`));
    const before = children();
    const [first, second] = [`${dir.path}/a`, `${dir.path}/b`];
    await namespaces.pinFor({ mappings: MAPPINGS }, first, ["net", "uts", "ipc"], { hostname: "inside" });
    await namespaces.pinFor({ path: `${first}/user` }, second, ["net"], {});
    for (const pins of [first, second]) {
      const enter = `nsenter --user=${first}/user --net=${pins}/net -S 0 -G 0`;
      expect(sh(`${enter} ip link add dummy0 type veth && ${enter} ip -j link show lo`)).toContain(`"UP"`);
    }
    expect(sh(`nsenter --uts=${first}/uts hostname`)).toBe("inside\n");
    expect(namespaces.isPinned(first, "user")).toBe(true);
    expect(readdirSync(second)).toEqual(["net"]);
    expect(readlinkSync("/proc/thread-self/ns/net")).toBe(own);
    expect(children()).toBe(before);
    for (const pins of [first, second]) namespaces.unpin(pins);
    expect(existsSync(first)).toBe(false);
  });
});

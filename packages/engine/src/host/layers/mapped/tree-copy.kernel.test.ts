/** What a copy with other owners shows, beside what the kernel's overlay of the same layers shows. */
import { expect, test } from "bun:test";
import { closeSync, mkdirSync, openSync, readFileSync, statSync } from "node:fs";
import { inOwnNamespaces, sh, temporaryDirectory } from "../../../../testing/kernel.ts";
import { FileSystemContext } from "../../sys/file-system.ts";
import { LockedStaging } from "../staging.ts";
import { canRefer } from "./refer-probe.ts";
import { copyTree, type TreeCopyOptions } from "./tree-copy.ts";

const MAPPINGS = {
  uid: [{ inside: 0, outside: 1, size: 2000 }],
  gid: [{ inside: 0, outside: 5001, size: 2000 }],
};

const LAYERS = `
mkdir -p low/diff high/diff && cd low/diff
mkdir -p etc gone hidden/deep; echo one >etc/same; echo low >etc/both; ln etc/same etc/other; echo x >hidden/deep/f
head -c 20000 /dev/urandom >big; truncate -s 10M sparse; printf end >>sparse; chown 7:8 big; chmod 4755 big
mkfifo pipe; ln -s ../nowhere link; chown -h 9:9 link; touch -d @1000000000.5 etc/same; chmod 700 hidden
cd ../../high/diff; mkdir etc hidden; head -c 9000 /dev/urandom >etc/both; mknod gone c 0 0; echo new >hidden/f
setfattr -n trusted.overlay.opaque -v y hidden 2>/dev/null || python3 -c 'import os; os.setxattr("hidden", "trusted.overlay.opaque", b"y")'
printf 'a\\377b' >name; mv name "$(printf 'n\\377')"; chmod 750 etc; chown 3:4 etc; chmod 755 .
`;
/** Of everything below: type, mode, owner, size, time, links, target. */
const LISTING =
  "find . -printf '%P %y %m %U:%G %s %T@ %n %l\\n' | sed -E 's/^([^ ]*) d (.*) [0-9]+ ([0-9.]+) [0-9]+ $/\\1 d \\2 \\3/' | sort";

inOwnNamespaces(import.meta.path, () => {
  const copied = (path: string, options: TreeCopyOptions): void => {
    mkdirSync(`${path}/copy`);
    const target = openSync(`${path}/copy`, "r");
    const layers = ["high", "low"].map((layer) => ({ layer, fd: openSync(`${path}/${layer}/diff`, "r") }));
    try {
      copyTree(layers, target, options);
    } finally {
      for (const { fd } of layers) closeSync(fd);
      closeSync(target);
    }
  };

  /** As an overlay of the layers shows them, with the owners that the map makes of those. */
  const expected = (path: string): string => {
    mkdirSync(`${path}/shown`);
    sh(`mount -t overlay overlay -o lowerdir=${path}/high/diff:${path}/low/diff ${path}/shown`);
    return sh(`cd ${path}/shown && ${LISTING}`).replace(
      /(\d+):(\d+) /g,
      (_, uid: string, gid: string) => `${Number(uid) + 1}:${Number(gid) + 5001} `,
    );
  };

  test("a copy has all that shows, and nothing else", () => {
    using dir = temporaryDirectory();
    const { path } = dir;
    sh(`cd ${path} && ${LAYERS}`);
    copied(path, { mappings: MAPPINGS });
    expect(sh(`cd ${path}/copy && ${LISTING}`)).toBe(expected(path));
    sh(`cd ${path} && diff -r --no-dereference -x pipe shown copy`);
    expect(statSync(`${path}/copy/sparse`).blocks).toBeLessThan(100);
  });

  test("with references it takes the data from the layers", async () => {
    using dir = temporaryDirectory();
    const { path } = dir;
    mkdirSync(`${path}/store`);
    if (!(await canRefer(`${path}/store`, new LockedStaging(`${path}/store`)))) return;
    sh(
      `cd ${path} && ${LAYERS} cd ../..; mkdir data mounted empty; mv low high data; ln -s data/low data/high .`,
    );
    copied(path, { mappings: MAPPINGS, referTo: (layer) => `${layer}/diff` });
    expect(statSync(`${path}/copy/big`).blocks).toBeLessThanOrEqual(8);
    using context = new FileSystemContext("overlay");
    for (const layer of ["empty", "copy"]) context.setString("lowerdir+", `${path}/${layer}`);
    context.setString("datadir+", `${path}/data`);
    context.setFlag("userxattr");
    context.mountAt(`${path}/mounted`);
    expected(path);
    sh(`cd ${path} && diff -r --no-dereference -x pipe shown mounted`);
    expect(readFileSync(`${path}/mounted/etc/both`).length).toBe(9000);
  });

  test("an owner that the namespace does not have is named", () => {
    using dir = temporaryDirectory();
    sh(`cd ${dir.path} && mkdir -p low/diff high/diff && touch low/diff/f && chown 2000:0 low/diff/f`);
    expect(() => copied(dir.path, { mappings: MAPPINGS })).toThrow("the image has files of uid 2000");
  });
});

/** File systems by the magic number that statfs(2) gives. */
const NAMES: ReadonlyMap<number, string> = new Map([
  [0xef53, "extfs"],
  [0x58465342, "xfs"],
  [0x9123683e, "btrfs"],
  [0x01021994, "tmpfs"],
  [0x794c7630, "overlayfs"],
  [0x2fc12fc1, "zfs"],
  [0xf2f52010, "f2fs"],
  [0xca451a4e, "bcachefs"],
  [0x6969, "nfs"],
  [0x65735546, "fuse"],
  [0x61756673, "aufs"],
  [0x01021997, "v9fs"],
]);

export function fileSystemName(magic: number): string {
  return NAMES.get(magic >>> 0) ?? "unknown";
}

/** Everything that stat(2), readlink, listxattr and read tell of a tree, one line for each name: to compare trees. */

const SCRIPT = `
import hashlib, json, os, stat, sys
def lines(root):
    seen, out = {}, []
    def look(path, shown):
        s = os.lstat(path)
        row = {"mode": oct(s.st_mode), "owner": [s.st_uid, s.st_gid], "mtime": s.st_mtime_ns}
        if not stat.S_ISDIR(s.st_mode):
            row["links"] = s.st_nlink
            row["same"] = seen.setdefault(s.st_ino, shown.hex())
            row["size"] = s.st_size
        if stat.S_ISCHR(s.st_mode) or stat.S_ISBLK(s.st_mode):
            row["device"] = [os.major(s.st_rdev), os.minor(s.st_rdev)]
        if stat.S_ISLNK(s.st_mode):
            row["target"] = os.readlink(path).hex()
        names = os.listxattr(path, follow_symlinks=False)
        row["xattrs"] = {n: hashlib.sha256(os.getxattr(path, n, follow_symlinks=False)).hexdigest() for n in sorted(names)}
        if stat.S_ISREG(s.st_mode) and s.st_size <= 1 << 28:
            row["content"] = hashlib.sha256(open(path, "rb").read()).hexdigest()
        out.append(repr(shown) + " " + json.dumps(row, sort_keys=True))
        if stat.S_ISDIR(s.st_mode):
            for name in sorted(os.listdir(path)):
                # A lookup goes other ways than a listing: both must find the name.
                look(path + b"/" + name, shown + b"/" + name)
    look(root, b".")
    return out
print(json.dumps([lines(os.fsencode(root)) for root in sys.argv[1:]]))
`;

/**
 * Trees as `.` of each listing. Left out: sizes and link counts of directories, which each file system counts its own
 * way, and inode numbers but for which names share one.
 */
export function treeListings(...roots: readonly string[]): string[][] {
  const done = Bun.spawnSync(["python3", "-c", SCRIPT, ...roots]);
  if (done.exitCode !== 0) throw new Error(done.stderr.toString());
  return JSON.parse(done.stdout.toString()) as string[][];
}

/** A small root file system: Debian's busybox-static under its applets' names, and the usual files of /etc. */
import { chmodSync, copyFileSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";

const APPLETS =
  "sh ls cat id echo grep mount stat hostname env pwd ps readlink touch head df wc sleep true mkdir rm umask test nproc whoami chown kill ipcs dd od cut";

/** @throws when busybox-static is not installed */
export function makeBusyboxRoot(directory: string): void {
  const busybox = ["/bin/busybox", "/usr/bin/busybox"].find((path) => existsSync(path));
  if (busybox === undefined) throw new Error("busybox is missing: install the package busybox-static");
  for (const name of ["bin", "etc", "tmp", "home/app", "var/tmp", "run", "data/sub", "root"]) {
    mkdirSync(`${directory}/${name}`, { recursive: true });
  }
  chmodSync(`${directory}/tmp`, 0o1777);
  copyFileSync(busybox, `${directory}/bin/busybox`);
  chmodSync(`${directory}/bin/busybox`, 0o755);
  for (const applet of APPLETS.split(" ")) symlinkSync("busybox", `${directory}/bin/${applet}`);
  writeFileSync(
    `${directory}/etc/passwd`,
    "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1001:App:/home/app:/bin/sh\n",
  );
  writeFileSync(`${directory}/etc/group`, "root:x:0:\napp:x:1001:\nextra:x:2000:app\nother:x:3000:\n");
  writeFileSync(`${directory}/data/file`, "from the image\n");
  writeFileSync(`${directory}/data/sub/deep`, "deep\n");
}

/** A bundle for a bare OCI runtime, of the image that the engines run. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Engine } from "./engines.ts";
import { requireSuccess } from "./process.ts";
import { IMAGE, STAY } from "./rows/row.ts";

/** DIRECTORY/bundle runs `true`, DIRECTORY/bundle-stay stays; the tree comes from an engine that has images. */
export async function makeBundles(work: string, source: Engine, runtime: Engine): Promise<string> {
  const bundle = join(work, "bundle");
  const rootfs = join(bundle, "rootfs");
  const tar = join(work, "bundle.tar");
  const { env } = source;
  mkdirSync(rootfs, { recursive: true });
  await requireSuccess([...source.argv, "create", "--name", "tree", IMAGE], { env });
  await requireSuccess([...source.argv, "export", "-o", tar, "tree"], { env });
  await requireSuccess([...source.argv, "rm", "tree"], { env });
  await requireSuccess(["tar", "-x", "-f", tar, "-C", rootfs]);
  const program = runtime.argv[0] ?? "";
  await requireSuccess(["sh", "-c", 'cd "$1" && "$2" spec', "sh", bundle, program]);
  const spec = (await Bun.file(join(bundle, "config.json")).json()) as { process: object; root: object };
  for (const [directory, args] of [
    [bundle, ["true"]],
    [`${bundle}-stay`, STAY],
  ] as const) {
    mkdirSync(directory, { recursive: true });
    const config = {
      ...spec,
      process: { ...spec.process, terminal: false, args },
      root: { path: rootfs, readonly: true },
    };
    await Bun.write(join(directory, "config.json"), JSON.stringify(config));
  }
  return bundle;
}

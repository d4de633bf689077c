/** Builds dist/podwright: one executable that takes no code and no settings from its surroundings. */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { $ } from "bun";
import { checkSealed, sealRuntime } from "./seal-runtime.ts";

const ROOT = join(import.meta.dir, "..");
const OUTPUT = join(ROOT, "dist/podwright");

await build();

async function build(): Promise<void> {
  await mkdir(join(ROOT, "dist"), { recursive: true });
  await $`bun ${join(ROOT, "tools/gen-verbs.ts")}`;
  const commit = (await $`git -C ${ROOT} rev-parse HEAD`.nothrow().quiet().text()).trim();
  const built = await buildTime();
  const unsealed = `${OUTPUT}.unsealed`;
  await $`bun build --compile --bytecode --format=esm --splitting --minify --reject-unresolved \
    --no-compile-autoload-bunfig --no-compile-autoload-dotenv \
    --no-compile-autoload-tsconfig --no-compile-autoload-package-json \
    --define PODWRIGHT_COMMIT=${JSON.stringify(commit)} --define PODWRIGHT_BUILT=${built} \
    --outfile ${unsealed} ${join(ROOT, "packages/engine/src/main.ts")} ${join(ROOT, "packages/engine/src/wire/network-worker.ts")}`.quiet();
  const sealed = sealRuntime(await Bun.file(unsealed).bytes());
  // A running binary cannot be written to, but its name can be given to a new file.
  await rm(OUTPUT, { force: true });
  await writeFile(OUTPUT, sealed, { mode: 0o755 });
  await rm(unsealed);
  await checkSealed(OUTPUT);
  console.log(`built ${OUTPUT} (${Math.round(sealed.length / 1e6)} MB)`);
}

/** Seconds since 1970: that of the commit, so that the same source gives the same binary. */
async function buildTime(): Promise<number> {
  const given = Number(process.env["SOURCE_DATE_EPOCH"]);
  if (given > 0) return given;
  const committed = Number((await $`git -C ${ROOT} log -1 --format=%ct`.nothrow().quiet().text()).trim());
  return committed > 0 ? committed : Math.floor(Date.now() / 1000);
}

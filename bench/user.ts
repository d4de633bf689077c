/** The same engines, called by an ordinary user, who has a home and a runtime directory for each of them (bench/user.sh). */
import type { Engine, Kind } from "./engines.ts";
import { IMAGE, type Scenario } from "./rows/row.ts";
import { requireSuccess, run } from "./process.ts";

const ROOTLESS: readonly Kind[] = ["podwright", "podman"];

/** One more program to be started, for both alike. */
function become(id: string): readonly string[] {
  return ["setpriv", `--reuid=${id}`, `--regid=${id}`, "--init-groups"];
}

/** Made when the first row asks for them. */
export class UserEngines {
  readonly #root: readonly Engine[];
  #made: Promise<readonly Engine[]> | undefined;

  constructor(root: readonly Engine[]) {
    this.#root = root;
  }

  /** Those that a scenario is run on. */
  of({ user }: Scenario): Promise<readonly Engine[]> {
    if (user !== true) return Promise.resolve(this.#root);
    this.#made ??= openUserEngines(this.#root);
    return this.#made;
  }

  /** What outlives each command of a user: the process that keeps the namespaces. */
  async stop(): Promise<void> {
    for (const { argv, env } of (await this.#made) ?? []) await run([...argv, "system", "migrate"], { env });
  }
}

/** Each with a store of its own, in which the small image is. Names are those of root's engines: what is compared is the same. */
async function openUserEngines(engines: readonly Engine[]): Promise<readonly Engine[]> {
  const { BENCH_USER: id, BENCH_USER_RUNTIME: runtimes } = process.env;
  const own: Engine[] = [];
  for (const engine of engines.filter(({ kind }) => ROOTLESS.includes(kind))) {
    const [program = engine.name] = engine.argv;
    const directory = `${engine.directory}-user`;
    const runtime = `${runtimes}/${engine.name}`;
    const env = { HOME: directory, USER: "bench", XDG_RUNTIME_DIR: runtime };
    const argv = [...become(id ?? ""), program];
    try {
      if (id === undefined) throw new Error("the root has no files for accounts");
      await requireSuccess(["install", "-d", "-m", "700", "-o", id, "-g", id, directory, runtime]);
      await requireSuccess([...argv, "pull", IMAGE], { env });
      own.push({ ...engine, argv, env, directory, daemons: [] });
    } catch (error) {
      console.log(
        `without ${engine.name} as a user: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }
  return own;
}

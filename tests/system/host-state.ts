/** What an engine can leave on a host, listed by the system's own tools, so that tests can say: nothing. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Engine, execute, host, setting } from "./engine.ts";
import { asSeenInside, holderOf, USER } from "./user.ts";
import { waitFor } from "./waiting.ts";

/** Content of images and their one lock, seccomp filters that stay compiled until the next boot, the log of events. */
const KEPT =
  /\/(blobs|layers|mapped|overlay-layers|overlay-images|seccomp)\/|\/(events|mapped|supervisor|watched)$|\/(events\/.*|supervisor\/(bell|log)|locks\/images-adding)$/;

/** Each list is sorted; a line names one thing. */
export interface HostState {
  readonly processes: readonly string[];
  readonly mounts: readonly string[];
  readonly links: readonly string[];
  readonly elements: readonly string[];
  readonly cgroups: readonly string[];
  readonly files: readonly string[];
}

export async function hostState(engine: Engine): Promise<HostState> {
  return {
    processes: processes(),
    mounts: mounts(),
    links: await links(),
    elements: await elements(),
    cgroups: await cgroups(),
    files: [...filesBelow(engine.root), ...filesBelow(asSeenInside(engine.runRoot))]
      .map((path) => path.replace(/^\/proc\/\d+\/root/, ""))
      .sort(),
  };
}

/**
 * Waits until the host is as it was: the kernel takes veth pairs and cgroups away in its own time.
 * @throws with what is new, one line each
 */
export async function expectAsBefore(engine: Engine, before: HostState, timeout = 5_000): Promise<void> {
  let extra: readonly string[] = [];
  await waitFor(
    "the host to be as before",
    async () => {
      extra = additions(before, await hostState(engine));
      return extra.length === 0 || undefined;
    },
    timeout,
  ).catch(() => {
    throw new Error(`left behind:\n${extra.slice(0, 40).join("\n")}`);
  });
}

/** For the end of a suite: removes what a failed test kept, so that the next suite is not blamed, then looks. */
export async function expectCleanEnd(engine: Engine, before: HostState): Promise<void> {
  await engine.pw("pod", "rm", "-f", "-t", "0", "-a");
  await engine.pw("rm", "-f", "-t", "0", "-a");
  await engine.pw("volume", "rm", "-f", "-a");
  await expectAsBefore(engine, before);
}

function additions(before: HostState, after: HostState): readonly string[] {
  const kinds = Object.keys(before) as readonly (keyof HostState)[];
  return kinds.flatMap((kind) =>
    after[kind].filter((line) => !before[kind].includes(line)).map((line) => `${kind}: ${line}`),
  );
}

/** All but the test runner, its ancestors, its registry and the short-lived tools that it runs. */
function processes(): readonly string[] {
  const known = new Set(["1", String(process.pid), String(process.ppid), setting("REGISTRY_PID")]);
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && !known.has(name))
    .flatMap((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
        const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
        const command = readFileSync(`/proc/${pid}/cmdline`, "latin1").replaceAll("\0", " ").trim();
        // A child of ours is a test's own; a zombie of init has been told to go.
        if (parent === String(process.pid) || state === "Z") return [];
        return [`${pid} ${command || stat.slice(0, stat.lastIndexOf(")") + 1)}`];
      } catch {
        return [];
      }
    })
    .sort();
}

function mounts(): readonly string[] {
  const holder = USER === undefined ? undefined : holderOf(USER);
  return readFileSync(`/proc/${holder ?? "self"}/mountinfo`, "utf8")
    .trim()
    .split("\n")
    .map((line) => {
      const [, , , root, point, ...rest] = line.split(" ");
      return `${point} (${rest[rest.indexOf("-") + 1]} ${root})`;
    })
    .sort();
}

/** Links that exist per sandbox; a network's bridge stays with the network. */
async function links(): Promise<readonly string[]> {
  const all = JSON.parse(await host("ip", "-j", "-d", "link")) as readonly {
    ifname: string;
    linkinfo?: { info_kind?: string };
  }[];
  return all
    .filter(({ linkinfo }) => linkinfo?.info_kind !== "bridge")
    .map(({ ifname }) => ifname)
    .sort();
}

interface NftObject {
  readonly map?: { readonly table: string; readonly name: string; readonly elem?: readonly unknown[] };
}

/** Elements of nft maps: published ports. */
async function elements(): Promise<readonly string[]> {
  const listed = await execute(["nft", "-j", "list", "ruleset"]);
  if (listed.code !== 0) throw new Error(listed.stderr);
  const { nftables } = JSON.parse(listed.stdout) as { nftables: readonly NftObject[] };
  return nftables
    .flatMap(({ map }) =>
      (map?.elem ?? []).map((elem) => `${map?.table} ${map?.name} ${JSON.stringify(elem)}`),
    )
    .sort();
}

/**
 * Cgroups in every hierarchy, the store's own `/podwright-1a2b3c4d` among them: those of the stores that have a table in
 * this network namespace, since cgroups are the whole machine's.
 */
async function cgroups(): Promise<readonly string[]> {
  const tables = (await host("nft", "list", "tables")).matchAll(/[0-9a-f]{8}$/gm);
  const stores = [...tables].map(([id]) => `/podwright-${id}`);
  const found = await execute(["find", "/sys/fs/cgroup", "-type", "d", "-path", "*/podwright-*"]);
  return found.stdout
    .split("\n")
    .filter((line) => stores.some((store) => line.includes(store)))
    .sort();
}

/** Files of a store, without the content of images and what the database writes beside itself. */
function filesBelow(directory: string): readonly string[] {
  try {
    return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
      const path = join(directory, entry.name);
      if (/-(wal|shm|journal)$/.test(entry.name) || KEPT.test(path)) return [];
      if (!entry.isDirectory()) return [path];
      // The runtime makes and removes its own folder as it likes; what is in it counts.
      return /\/runtime\/(crun|runc)$/.test(path) ? filesBelow(path) : [path, ...filesBelow(path)];
    });
  } catch {
    // It went while we looked, or has never been.
    return [];
  }
}

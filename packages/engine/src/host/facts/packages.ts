/** Which packages files came in, by the distribution's own package manager. */
import { existsSync, realpathSync } from "node:fs";
import { isEngineError } from "@podwright/spec/errors/engine-error";
import { runCommand } from "../process/run.ts";

/** "conmon_2.1.6+ds1-1_amd64" by path; files of no package are left out. */
export async function packagesOf(paths: readonly string[]): Promise<Map<string, string>> {
  if (paths.length === 0) return new Map();
  try {
    if (existsSync("/var/lib/dpkg/status")) return await debianPackages(paths);
    if (existsSync("/usr/bin/rpm")) return await rpmPackages(paths);
  } catch (error) {
    if (!isEngineError(error, "HOST_PART_MISSING")) throw error;
  }
  return new Map();
}

/** One dpkg-query for the owners of all files, one for the versions of all owners. */
async function debianPackages(paths: readonly string[]): Promise<Map<string, string>> {
  // Where /sbin is a link to /usr/sbin, dpkg knows the file under either name.
  const names = new Map<string, string>();
  for (const path of paths) {
    names.set(path, path);
    for (const alias of aliasesOf(path)) names.set(alias, path);
  }
  const search = await runCommand({ argv: ["dpkg-query", "-S", ...names.keys()] });
  const owners = new Map<string, string>();
  for (const line of search.stdout.toString("utf8").split("\n")) {
    const [, owner, file] = /^([^:,\s]+)(?::\w+)?: (\/.*)$/.exec(line) ?? [];
    const path = file === undefined ? undefined : names.get(file);
    if (owner !== undefined && path !== undefined) owners.set(path, owner);
  }
  if (owners.size === 0) return owners;
  const format = "${Package} ${Package}_${Version}_${Architecture}\\n";
  const shown = await runCommand({ argv: ["dpkg-query", "-W", "-f", format, ...new Set(owners.values())] });
  const full = new Map(
    shown.stdout
      .toString("utf8")
      .split("\n")
      .map((line): [string, string] => {
        const [owner = "", text = ""] = line.split(" ");
        return [owner, text];
      }),
  );
  return new Map([...owners].map(([path, owner]) => [path, full.get(owner) ?? owner]));
}

function aliasesOf(path: string): string[] {
  const real = realpathSync(path);
  const merged = [path, real].map((name) =>
    name.startsWith("/usr/") ? name.slice("/usr".length) : `/usr${name}`,
  );
  return [real, ...merged].filter((name) => name !== path);
}

async function rpmPackages(paths: readonly string[]): Promise<Map<string, string>> {
  const { stdout } = await runCommand({ argv: ["rpm", "-q", "--qf", "%{NVRA}\\n", "-f", ...paths] });
  const lines = stdout.toString("utf8").split("\n");
  const known = paths.map((path, i): [string, string] => [path, lines[i] ?? ""]);
  return new Map(known.filter(([, text]) => text !== "" && !text.includes(" ")));
}

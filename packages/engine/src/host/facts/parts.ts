/** Finds the programs and libraries that the engine stands on, asks each for its version and its package. */
import { accessSync, constants, realpathSync } from "node:fs";
import type { HostPart } from "../../ports/system-facts.ts";
import type { ContainersConf } from "../../ports/settings.ts";
import { runCommand } from "../process/run.ts";
import { packagesOf } from "./packages.ts";

interface Part {
  readonly name: string;
  readonly purpose: string;
  readonly candidates: readonly string[];
  /** [] when the file's own name has the version. */
  readonly versionArgs: readonly string[];
}

const BIN = ["/usr/bin", "/usr/local/bin", "/usr/sbin", "/usr/local/sbin", "/bin", "/sbin"];
const LIBRARIES = [
  "/usr/lib/x86_64-linux-gnu",
  "/usr/lib/aarch64-linux-gnu",
  "/usr/lib64",
  "/usr/lib",
  "/lib64",
  "/lib",
];
/** Milliseconds that a part has to say its version. */
const PATIENCE = 3000;

export async function findParts(config: ContainersConf): Promise<HostPart[]> {
  const found = await Promise.all(partsOf(config).map(locate));
  const packages = await packagesOf(found.filter(({ path }) => path !== "").map(({ path }) => path));
  return found.map((part) => ({ ...part, packageName: packages.get(part.path) ?? "" }));
}

function partsOf(config: ContainersConf): Part[] {
  const program = (name: string, purpose: string, extra: readonly string[] = []): Part => ({
    name,
    purpose,
    candidates: [...extra, ...BIN.map((directory) => `${directory}/${name}`)],
    versionArgs: ["--version"],
  });
  const helper = (name: string, purpose: string): Part =>
    program(
      name,
      purpose,
      config.helperBinariesDir.map((directory) => `${directory}/${name}`),
    );
  const init = config.initPath === "" ? [] : [config.initPath];
  const catatonit = helper("catatonit", "init of containers (--init) and of shared PID namespaces");
  return [
    program("conmon", "monitor of containers", config.conmonPath),
    program("crun", "OCI runtime, first choice", config.runtimes["crun"]),
    program("runc", "OCI runtime, second choice", config.runtimes["runc"]),
    { ...catatonit, candidates: [...init, ...catatonit.candidates] },
    {
      name: "libnftables",
      purpose: "packet filter for published ports",
      candidates: LIBRARIES.map((directory) => `${directory}/libnftables.so.1`),
      versionArgs: [],
    },
    program("nft", "packet filter where the library is missing"),
    helper("aardvark-dns", "names between containers"),
    helper("pasta", "network of rootless containers"),
    program("newuidmap", "user ids of rootless containers"),
    program("newgidmap", "group ids of rootless containers"),
    program("fuse-overlayfs", "overlays of rootless containers where the kernel cannot mount them"),
    program("flock", "clean-up after a container without starting the engine twice"),
  ];
}

async function locate(part: Part): Promise<Omit<HostPart, "packageName">> {
  const { name, purpose } = part;
  const path = [...new Set(part.candidates)].find(isReadable(part.versionArgs.length > 0));
  if (path === undefined) return { name, purpose, path: "", version: "" };
  const version =
    part.versionArgs.length === 0 ? libraryVersion(path) : await programVersion(path, part.versionArgs);
  return { name, purpose, path, version };
}

function isReadable(executable: boolean): (path: string) => boolean {
  return (path) => {
    try {
      accessSync(path, executable ? constants.X_OK : constants.R_OK);
      return true;
    } catch {
      return false;
    }
  };
}

/** libnftables.so.1.1.0 → "1.1.0". */
function libraryVersion(path: string): string {
  const real = realpathSync(path);
  return /\.so\.([\d.]+)$/.exec(real)?.[1] ?? "";
}

async function programVersion(path: string, args: readonly string[]): Promise<string> {
  // Without an option for it (newuidmap) a program says how it is used: no version is better than that.
  const { stdout, exitCode } = await runCommand({ argv: [path, ...args], timeoutMs: PATIENCE });
  return exitCode === 0 ? stdout.toString("utf8").trim() : "";
}

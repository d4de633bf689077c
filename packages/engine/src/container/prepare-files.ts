/** Files that the engine writes for a container and binds into it: hosts, resolv.conf, hostname, and the like. */
import { chmodSync, existsSync, writeFileSync } from "node:fs";
import type { ContainerConfig } from "../ports/container-record.ts";
import type { SandboxRef } from "../ports/pod-record.ts";
import type { LiveFacts } from "./context.ts";
import { memberNames, nameMember } from "./member-hosts.ts";
import { sandboxDirectory } from "./places.ts";
import type { PrepareContext } from "./prepare-context.ts";
import { completeAccounts } from "./rootfs/account-files.ts";
import { containerenvText, wantsContainerenv } from "./rootfs/containerenv.ts";
import type { ResolvedUser } from "./rootfs/user.ts";

/** Bytes of an image's own hosts file that are read. */
const MOST_HOSTS = 1 << 20;

/** Host paths by the path in the container. */
export async function prepareFiles(
  ctx: PrepareContext,
  config: ContainerConfig,
  { live, user }: { readonly live: LiveFacts; readonly user: ResolvedUser },
): Promise<Record<string, string>> {
  const files: Record<string, string> = { ...(await networkFiles(ctx, config, live)) };
  const write = (path: string, text: string): void => {
    files[path] = writeIn(live.sandboxDir, path.slice(path.lastIndexOf("/") + 1), text);
  };
  const hostname = hostnameFile(ctx, config, live);
  if (hostname !== undefined) files["/etc/hostname"] = hostname;
  if (wantsContainerenv(config)) {
    write("/run/.containerenv", containerenvText(config, { rootless: ctx.settings.uid !== 0 }));
  }
  if (config.process.passwd) {
    const accounts = completeAccounts(ctx.files, live.rootfs, {
      uid: user.uid,
      gid: user.gid,
      home: config.process.workdir,
      ownGroup: /^\d+$/.test(config.process.user.split(":", 2)[1] ?? ""),
    });
    if (accounts.passwd !== undefined) write("/etc/passwd", accounts.passwd);
    if (accounts.group !== undefined) write("/etc/group", accounts.group);
  }
  return files;
}

/** Those of the namespace's owner, which a container that joins it shares. */
async function networkFiles(
  ctx: PrepareContext,
  config: ContainerConfig,
  live: LiveFacts,
): Promise<Record<string, string>> {
  const { mode } = config.network;
  if (live.sandbox !== undefined && hasPodFiles(mode, live.sandbox)) {
    const { hostsPath, resolvConfPath } = live.sandbox;
    // On the host's network a member's name is not its own to give away.
    if (mode.kind === "pod") {
      if (hostsPath !== "" && !config.network.noHosts) await nameMember(ctx, config);
      const { podId, interfaces } = live.sandbox;
      await ctx.network.addNames({ owner: podId, names: memberNames(config) }, interfaces);
    }
    return present({
      "/etc/hosts": config.network.noHosts ? "" : hostsPath,
      "/etc/resolv.conf": await memberResolvConf(ctx, config, live, resolvConfPath),
    });
  }
  if (mode.kind === "container") {
    const donor = ctx.store.containers.find(mode.container).config;
    const owner = donor.network.mode.kind === "pod" ? donor.podId : donor.id;
    const directory = sandboxDirectory(ctx.settings, owner);
    return present({
      "/etc/hosts": existing(`${directory}/hosts`),
      "/etc/resolv.conf": existing(`${directory}/resolv.conf`),
    });
  }
  return ownNetworkFiles(ctx, config, live);
}

/** A pod on the host's network has no namespace to share, but names and name servers of its own all the same. */
function hasPodFiles(mode: ContainerConfig["network"]["mode"], pod: SandboxRef): boolean {
  if (mode.kind === "pod") return true;
  return mode.kind === "host" && pod.network.kind === "host" && pod.share.includes("net");
}

/** A member may have name servers of its own. */
async function memberResolvConf(
  ctx: PrepareContext,
  { network }: ContainerConfig,
  live: LiveFacts,
  shared: string,
): Promise<string> {
  if (Object.keys(network.dns).length === 0) return shared;
  if (network.dns.servers?.[0] === "none") return "";
  const text = await ctx.network.resolvConf(network.dns, live.sandbox?.interfaces ?? []);
  return writeIn(live.sandboxDir, "resolv.conf", text);
}

async function ownNetworkFiles(
  ctx: PrepareContext,
  { name, network }: ContainerConfig,
  live: LiveFacts,
): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  if (!network.noHosts) {
    const hosts = await ctx.network.hosts({
      addHost: network.addHost,
      hostname: network.hostname,
      names: [name],
      interfaces: live.interfaces,
      hostNetwork: network.mode.kind === "host",
      imageHosts: () => ctx.files.readText(live.rootfs, "/etc/hosts", MOST_HOSTS),
    });
    files["/etc/hosts"] = writeIn(live.sandboxDir, "hosts", hosts);
  }
  if (network.dns.servers?.[0] !== "none") {
    const text = await ctx.network.resolvConf(network.dns, live.interfaces);
    files["/etc/resolv.conf"] = writeIn(live.sandboxDir, "resolv.conf", text);
  }
  return files;
}

function hostnameFile(ctx: PrepareContext, config: ContainerConfig, live: LiveFacts): string | undefined {
  const { uts } = config.namespaces;
  if (config.network.noHostname) return undefined;
  if (uts.kind === "pod" && live.sandbox !== undefined) return live.sandbox.hostnamePath || undefined;
  const name = uts.kind === "host" ? ctx.facts.hostname : config.network.hostname;
  return writeIn(live.sandboxDir, "hostname", `${name}\n`);
}

function writeIn(directory: string, name: string, text: string): string {
  const path = `${directory}/${name}`;
  writeFileSync(path, text);
  // Readable for all in the container, whatever the engine's umask is.
  chmodSync(path, 0o644);
  return path;
}

function existing(path: string): string {
  return existsSync(path) ? path : "";
}

function present(files: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(files).filter(([, path]) => path !== ""));
}

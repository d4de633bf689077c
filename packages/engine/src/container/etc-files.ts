/** Files that the engine binds into a container: /etc/hosts and its kin, /run/.containerenv, completed accounts. */
import { appendFileSync, chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import type { ContainerConfig } from "../ports/container-record.ts";
import type { LiveFacts } from "./context.ts";
import { sandboxDirectory } from "./places.ts";
import { completeAccounts } from "./rootfs/account-files.ts";
import { containerenvText, wantsContainerenv } from "./rootfs/containerenv.ts";
import type { ResolvedUser } from "./rootfs/user.ts";
import type { SpecContext } from "./spec-context.ts";

interface Inputs {
  readonly facts: LiveFacts;
  readonly user: ResolvedUser;
}

/** Host path by path in the container. What a pod or a joined container has is used, not written. */
export async function etcFiles(
  ctx: SpecContext,
  config: ContainerConfig,
  inputs: Inputs,
): Promise<Record<string, string>> {
  const shared = sharedFiles(ctx, config, inputs.facts);
  const texts = { ...(await ownTexts(ctx, config, inputs)), ...accountTexts(ctx, config, inputs) };
  const files: Record<string, string> = {};
  for (const [path, text] of Object.entries(texts)) {
    if (path in shared) continue;
    const name = path.slice(path.lastIndexOf("/") + 1);
    files[path] = write(`${inputs.facts.sandboxDir}/${name}`, text);
  }
  for (const [path, source] of Object.entries(shared)) if (source !== "") files[path] = source;
  return files;
}

/** Root's, readable by all, whatever the engine's umask is. */
function write(path: string, text: string): string {
  writeFileSync(path, text);
  chmodSync(path, 0o644);
  return path;
}

async function ownTexts(
  ctx: SpecContext,
  config: ContainerConfig,
  { facts }: Inputs,
): Promise<Record<string, string>> {
  const { network } = config;
  const texts: Record<string, string> = {};
  if (!network.noHosts) {
    texts["/etc/hosts"] = await ctx.network.hosts({
      addHost: network.addHost,
      hostname: network.hostname,
      names: [config.name],
      interfaces: facts.interfaces,
      hostNetwork: network.mode.kind === "host",
    });
  }
  if (network.dns.servers?.[0] !== "none") {
    texts["/etc/resolv.conf"] = await ctx.network.resolvConf(network.dns, facts.interfaces);
  }
  if (!network.noHostname) texts["/etc/hostname"] = `${network.hostname}\n`;
  if (wantsContainerenv(config)) {
    texts["/run/.containerenv"] = containerenvText(config, { rootless: ctx.settings.uid !== 0 });
  }
  return texts;
}

function accountTexts(
  ctx: SpecContext,
  { process }: ContainerConfig,
  { facts, user }: Inputs,
): Record<string, string> {
  if (!process.passwd) return {};
  const { passwd, group } = completeAccounts(ctx.files, facts.rootfs, {
    uid: user.uid,
    gid: user.gid,
    home: process.workdir,
    ownGroup: /:\d+$/.test(process.user),
  });
  return {
    ...(passwd === undefined ? {} : { "/etc/passwd": passwd }),
    ...(group === undefined ? {} : { "/etc/group": group }),
  };
}

/** "" marks a file that the pod leaves to the image. */
function sharedFiles(ctx: SpecContext, config: ContainerConfig, facts: LiveFacts): Record<string, string> {
  const { mode } = config.network;
  const shared: Record<string, string> = {};
  if (mode.kind === "container") Object.assign(shared, donorFiles(ctx, mode.container));
  if (facts.sandbox === undefined) return shared;
  const { hostsPath, resolvConfPath, hostnamePath } = facts.sandbox;
  if (mode.kind === "pod" || (mode.kind === "host" && hostsPath !== "")) {
    if (hostsPath !== "" && !config.network.noHosts) nameMember(hostsPath, config.name);
    shared["/etc/hosts"] = config.network.noHosts ? "" : hostsPath;
    const ownDns = Object.keys(config.network.dns).length > 0;
    if (!ownDns) shared["/etc/resolv.conf"] = resolvConfPath;
  }
  if (config.namespaces.uts.kind === "pod") {
    shared["/etc/hostname"] = config.network.noHostname ? "" : hostnamePath;
  }
  return shared;
}

/** Who shares a network shares its names; a donor in a pod has the pod's. */
function donorFiles(ctx: SpecContext, id: string): Record<string, string> {
  const donor = ctx.store.containers.find(id).config;
  const owner = donor.network.mode.kind === "pod" ? donor.podId : donor.id;
  const directory = sandboxDirectory(ctx.settings, owner);
  const files = { "/etc/hosts": `${directory}/hosts`, "/etc/resolv.conf": `${directory}/resolv.conf` };
  return Object.fromEntries(Object.entries(files).filter(([, path]) => existsSync(path)));
}

/** Members find each other by name on their common loopback. One short append: members start side by side. */
function nameMember(hostsPath: string, name: string): void {
  const known = readFileSync(hostsPath, "utf8")
    .split("\n")
    .some((line) => line.split(/\s+/).includes(name));
  if (!known) appendFileSync(hostsPath, `127.0.0.1\t${name}\n`);
}

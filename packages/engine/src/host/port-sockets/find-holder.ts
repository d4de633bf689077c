/** Finds the process that has a port: its socket in /proc/net, then whoever has that socket open. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { type IpAddress, ipFromBytes, parseIp } from "../../base/ip.ts";
import type { HostEndpoint, PortHolder } from "../../ports/host-ports.ts";

/** proc(5), /proc/net/tcp: a server. Others can have the port too, but it is mostly this one that people look for. */
const LISTEN = "0A";
const NO_INODE = "0";
/** ::ffff:0:0/96 */
const MAPPED = 0xffffn;
const LOW = 0xffffffffn;

interface TableEntry {
  readonly address: IpAddress;
  readonly port: number;
  readonly state: string;
  readonly inode: string;
}

/** undefined when it cannot be told: a socket that is bound and neither listens nor is connected is in no table. */
export function findHolder(endpoint: HostEndpoint): PortHolder | undefined {
  const wanted = parseIp(endpoint.address);
  if (wanted === undefined || endpoint.protocol === "sctp") return undefined;
  const candidates = ["", "6"]
    .flatMap((suffix) => tableEntries(readTable(`/proc/net/${endpoint.protocol}${suffix}`)))
    .filter((entry) => entry.port === endpoint.port && entry.inode !== NO_INODE && overlaps(entry, wanted));
  const inode = (candidates.find((entry) => entry.state === LISTEN) ?? candidates[0])?.inode;
  return inode === undefined ? undefined : processWith(`socket:[${inode}]`);
}

/** An IPv6 socket on any address, or on IPv4's within IPv6, takes IPv4's port too. */
function overlaps({ address }: TableEntry, wanted: IpAddress): boolean {
  if (address.family === wanted.family) {
    return address.value === 0n || wanted.value === 0n || address.value === wanted.value;
  }
  if (address.family === 4) return false;
  if (address.value === 0n) return true;
  return address.value >> 32n === MAPPED && (wanted.value === 0n || (address.value & LOW) === wanted.value);
}

export function tableEntries(text: string): TableEntry[] {
  return text
    .split("\n")
    .slice(1)
    .flatMap((line) => {
      const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
      const [address, port] = (local ?? "").split(":");
      if (address === undefined || port === undefined || state === undefined || inode === undefined)
        return [];
      return [{ address: ipFromBytes(swapWords(address)), port: Number.parseInt(port, 16), state, inode }];
    });
}

/** The address is printed as 32-bit numbers of this machine, which has the lowest byte first. */
function swapWords(hex: string): Uint8Array {
  const bytes = Buffer.from(hex, "hex");
  return bytes.swap32();
}

function processWith(socket: string): PortHolder | undefined {
  for (const name of readdirSync("/proc")) {
    if (/^\d+$/.test(name) && hasOpen(name, socket)) {
      return { pid: Number(name), name: readTable(`/proc/${name}/comm`).trim() };
    }
  }
  return undefined;
}

function hasOpen(pid: string, socket: string): boolean {
  const directory = `/proc/${pid}/fd`;
  try {
    return readdirSync(directory).some((fd) => linkOf(`${directory}/${fd}`) === socket);
  } catch {
    // It has ended, or is another user's.
    return false;
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    // Closed while we looked.
    return "";
  }
}

/** "" for what this kernel does not have. */
function readTable(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // No IPv6, or the process has ended.
    return "";
  }
}

/** Socket addresses as bytes: struct sockaddr_in and sockaddr_in6. */
import { formatIp } from "../../base/ip.ts";

export const AF_INET = 2;
export const AF_INET6 = 10;

export function familyOf(address: Buffer): number {
  return address.readUInt16LE(0);
}

/** A copy of what belongs to it. */
export function ownCopy(address: Buffer): Buffer {
  return Buffer.from(address.subarray(0, familyOf(address) === AF_INET6 ? 28 : 16));
}

export function portOf(address: Buffer): number {
  return address.readUInt16BE(2);
}

export function addressIn(address: Buffer): string {
  if (familyOf(address) === AF_INET) return address.subarray(4, 8).join(".");
  return formatIp({ family: 6, value: BigInt(`0x${address.toString("hex", 8, 24)}`) });
}

/** 127.0.0.0/8 and ::1. */
export function isLoopback(address: Buffer): boolean {
  if (familyOf(address) === AF_INET) return address[4] === 127;
  return address.readBigUInt64BE(8) === 0n && address.readBigUInt64BE(16) === 1n;
}

/** fe80::/10: means something else in each namespace. */
export function isLinkLocal(address: Buffer): boolean {
  return familyOf(address) === AF_INET6 && (address.readUInt16BE(8) & 0xffc0) === 0xfe80;
}

/** The same address with another port. */
export function withPort(address: Buffer, port: number): Buffer {
  const copy = ownCopy(address);
  copy.writeUInt16BE(port, 2);
  return copy;
}

/** `bytes` are the 4 or 16 of the address in network order. */
export function socketAddress(bytes: Uint8Array, port: number): Buffer {
  const v6 = bytes.length === 16;
  const address = Buffer.alloc(v6 ? 28 : 16);
  address.writeUInt16LE(v6 ? AF_INET6 : AF_INET, 0);
  address.writeUInt16BE(port, 2);
  address.set(bytes, v6 ? 8 : 4);
  return address;
}

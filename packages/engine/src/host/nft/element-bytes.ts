/** Elements of the table's maps as the kernel has them: numbers of attributes, keys and values as bytes. */
import { ipBytes, parseIp } from "../../base/ip.ts";
import type { PortElement } from "./elements.ts";

const NFPROTO_INET = 1;

export const ELEM_LIST = { TABLE: 1, SET: 2, ELEMENTS: 3 } as const;
export const LIST_ELEM = 1;
export const ELEM = { KEY: 1, DATA: 2 } as const;
export const DATA_VALUE = 1;
export const PROTOCOL = { tcp: 6, udp: 17, sctp: 132 } as const;

/** struct nfgenmsg. */
export function elementHeader(): Buffer {
  return Buffer.from([NFPROTO_INET, 0, 0, 0]);
}

/** A concatenation: each part in network order, padded to four bytes. */
export function elementKey(element: PortElement): Buffer {
  const protocol = Buffer.from([PROTOCOL[element.protocol], 0, 0, 0]);
  const address = element.hostIp === "" ? undefined : parseIp(element.hostIp);
  return Buffer.concat([
    protocol,
    ...(address === undefined ? [] : [ipBytes(address)]),
    portBytes(element.hostPort),
  ]);
}

/** Where it leads, for port 0. */
export function elementValue(target: string): Buffer {
  const address = parseIp(target);
  if (address === undefined) throw new RangeError(`not an address: ${JSON.stringify(target)}`);
  return Buffer.concat([ipBytes(address), portBytes(0)]);
}

function portBytes(port: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt16BE(port);
  return bytes;
}

/**
 * Asks the kernel for chains and set elements by raw nfnetlink. Loading libnftables costs three milliseconds, and
 * most commands find everything in place; and libnftables 1.0.6 crashes on `get element` with many elements.
 */
import { formatIp, ipBytes, ipFromBytes, parseIp, type Subnet } from "../../base/ip.ts";
import {
  attribute,
  listAttributes,
  NETLINK,
  NetlinkSocket,
  NLM_F,
  type NetlinkOutcome,
  type NetlinkRequest,
  nested,
  parseAttributes,
  textAttribute,
} from "../sys/netlink.ts";
import { elementId, type MapName, type PortElement } from "./elements.ts";

/** NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETCHAIN, NFT_MSG_GETSETELEM. */
const NFT = { GETCHAIN: 0xa04, GETSETELEM: 0xa0d } as const;
const NFPROTO_INET = 1;
const CHAIN = { TABLE: 1, NAME: 3 } as const;
const ELEM_LIST = { TABLE: 1, SET: 2, ELEMENTS: 3 } as const;
const LIST_ELEM = 1;
const ELEM = { KEY: 1, DATA: 2 } as const;
const DATA_VALUE = 1;
const HEADER_SIZE = 4;
const PROTOCOL = { tcp: 6, udp: 17, sctp: 132 } as const;
/** Answers must fit the socket's receive buffer. */
const BATCH = 64;
/** Without nf_tables, or without the table, there is no element. */
const ABSENT = ["ENOENT", "EINVAL", "EOPNOTSUPP", "EPROTONOSUPPORT"];

/**
 * Keeps its socket: closing one of the netfilter family waits until sets and elements deleted before are really
 * destroyed (5-15 ms).
 */
export class SetLookup {
  readonly #table: string;
  #socket: NetlinkSocket | undefined;

  constructor(table: string) {
    this.#table = table;
  }

  /** True when the table has the chain, and its sets the first address of each subnet. */
  isInPlace(chain: string, subnets: readonly Subnet[]): boolean {
    const names = [textAttribute(CHAIN.TABLE, this.#table), textAttribute(CHAIN.NAME, chain)];
    const outcomes = this.#transact([
      {
        what: `look up chain ${chain}`,
        type: NFT.GETCHAIN,
        body: Buffer.concat([header(), ...names]),
        tolerate: ABSENT,
      },
      ...subnets.map((subnet) => {
        const key = ipBytes({ family: subnet.family, value: subnet.base });
        return elementRequest(this.#table, `nets${subnet.family}`, Buffer.from(key));
      }),
    ]);
    return outcomes.every((outcome) => outcome.error === undefined);
  }

  /** Which of them the kernel has, and where they lead: elementId → value. */
  find(elements: readonly PortElement[]): Map<string, string> {
    const found = new Map<string, string>();
    for (let start = 0; start < elements.length; start += BATCH) {
      const batch = elements.slice(start, start + BATCH);
      const requests = batch.map((element) => elementRequest(this.#table, element.map, keyOf(element)));
      for (const [index, outcome] of this.#transact(requests).entries()) {
        const element = batch[index];
        const value = outcome.replies.flatMap((reply) => readElements(reply.body))[0]?.value;
        if (element !== undefined && value !== undefined) found.set(elementId(element), value);
      }
    }
    return found;
  }

  /** All elements of a map. */
  list(map: MapName): MapEntry[] {
    const names = [textAttribute(ELEM_LIST.TABLE, this.#table), textAttribute(ELEM_LIST.SET, map)];
    const outcomes = this.#transact([
      {
        what: `list map ${map}`,
        type: NFT.GETSETELEM,
        flags: NLM_F.DUMP,
        body: Buffer.concat([header(), ...names]),
        tolerate: ABSENT,
      },
    ]);
    const protocols = new Map<number, string>(
      Object.entries(PROTOCOL).map(([name, number]) => [number, name]),
    );
    return outcomes
      .flatMap((outcome) => outcome.replies)
      .flatMap((reply) => readElements(reply.body))
      .map(({ key, value }) => {
        const protocol = protocols.get(key.readUInt8(0)) ?? String(key.readUInt8(0));
        const hostPort = key.readUInt16BE(key.length - 4);
        const address = key.length > 8 ? [formatIp(ipFromBytes(key.subarray(4, key.length - 4)))] : [];
        return { key: [protocol, ...address, hostPort].join(" . "), protocol, hostPort, value };
      });
  }

  #transact(requests: readonly NetlinkRequest[]): NetlinkOutcome[] {
    this.#socket ??= new NetlinkSocket(NETLINK.NETFILTER);
    return this.#socket.transact(requests);
  }
}

export interface MapEntry {
  /** As nft prints it: "tcp . 10.0.0.1 . 8080". */
  readonly key: string;
  readonly protocol: string;
  readonly hostPort: number;
  readonly value: string;
}

function header(): Buffer {
  return Buffer.from([NFPROTO_INET, 0, 0, 0]);
}

function elementRequest(table: string, set: string, key: Buffer): NetlinkRequest {
  return {
    what: `look up element in ${set}`,
    type: NFT.GETSETELEM,
    body: Buffer.concat([
      header(),
      textAttribute(ELEM_LIST.TABLE, table),
      textAttribute(ELEM_LIST.SET, set),
      nested(ELEM_LIST.ELEMENTS, nested(LIST_ELEM, nested(ELEM.KEY, attribute(DATA_VALUE, key)))),
    ]),
    tolerate: ABSENT,
  };
}

/** A concatenation: each part in network order, padded to four bytes. */
function keyOf(element: PortElement): Buffer {
  const protocol = Buffer.from([PROTOCOL[element.protocol], 0, 0, 0]);
  const port = Buffer.alloc(4);
  port.writeUInt16BE(element.hostPort);
  const address = element.hostIp === "" ? undefined : parseIp(element.hostIp);
  return Buffer.concat([protocol, ...(address === undefined ? [] : [ipBytes(address)]), port]);
}

function readElements(body: Buffer): { readonly key: Buffer; readonly value: string }[] {
  const list = parseAttributes(body, HEADER_SIZE).get(ELEM_LIST.ELEMENTS);
  if (list === undefined) return [];
  return [...listAttributes(list)].flatMap((entry) => {
    const parts = parseAttributes(entry.value);
    const key = dataOf(parts.get(ELEM.KEY));
    const data = dataOf(parts.get(ELEM.DATA));
    if (key === undefined || data === undefined) return [];
    const address = formatIp(ipFromBytes(data.subarray(0, data.length - 4)));
    return [{ key, value: `${address} . ${data.readUInt16BE(data.length - 4)}` }];
  });
}

function dataOf(nestedData: Buffer | undefined): Buffer | undefined {
  return nestedData === undefined ? undefined : parseAttributes(nestedData).get(DATA_VALUE);
}

/**
 * Asks the kernel for chains and set elements by raw nfnetlink, and changes elements. Loading libnftables costs three
 * milliseconds, its look at what there is as much again, and most commands find everything in place; and libnftables 1.0.6 crashes on `get element` with many elements.
 */
import { isEngineError } from "@podwright/spec/errors/engine-error";
import { formatIp, ipBytes, ipFromBytes, type Subnet } from "../../base/ip.ts";
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
import { type ElementChange, elementBatch } from "./element-batch.ts";
import {
  DATA_VALUE,
  ELEM,
  ELEM_LIST,
  elementHeader as header,
  elementKey,
  LIST_ELEM,
  PROTOCOL,
} from "./element-bytes.ts";
import { elementId, type MapName, type PortElement } from "./elements.ts";

/** NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETCHAIN, NFT_MSG_GETSETELEM. */
const NFT = { GETCHAIN: 0xa04, GETSETELEM: 0xa0d } as const;
const CHAIN = { TABLE: 1, NAME: 3 } as const;
const HEADER_SIZE = 4;
/** Answers must fit the socket's receive buffer. */
const BATCH = 64;
/** So many are found sooner in a list of all (10,000: 50 ms) than one by one (0.1 ms each). */
const MANY = 200;
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
    if (elements.length > MANY) return this.#findListed(elements);
    const found = new Map<string, string>();
    for (let start = 0; start < elements.length; start += BATCH) {
      const batch = elements.slice(start, start + BATCH);
      const requests = batch.map((element) => elementRequest(this.#table, element.map, elementKey(element)));
      for (const [index, outcome] of this.#transact(requests).entries()) {
        const element = batch[index];
        const value = outcome.replies.flatMap((reply) => readElements(reply.body))[0]?.value;
        if (element !== undefined && value !== undefined) found.set(elementId(element), value);
      }
    }
    return found;
  }

  #findListed(elements: readonly PortElement[]): Map<string, string> {
    const wanted = new Set(elements.map(elementId));
    const found = new Map<string, string>();
    for (const map of new Set(elements.map((element) => element.map))) {
      for (const { key, value } of this.list(map)) {
        const id = `${map}|${key}`;
        if (wanted.has(id)) found.set(id, value);
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

  /**
   * One transaction. "exists" where the kernel has one that is to be created, "unable" where the plain way has to be
   * gone: it then has changed nothing.
   */
  change(changes: readonly ElementChange[]): "done" | "exists" | "unable" {
    const batch = elementBatch(this.#table, changes);
    if (batch === undefined) return "unable";
    try {
      const outcomes = this.#transact(batch);
      return outcomes.every(({ error }) => error === undefined) ? "done" : "exists";
    } catch (error) {
      // The plain way says what is wrong, or finds nothing wrong.
      if (isEngineError(error, "HOST_CALL_FAILED")) return "unable";
      throw error;
    }
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

/** Changes of map elements as one nfnetlink batch, which is one transaction. */
import { attribute, type NetlinkRequest, nested, NLM_F, textAttribute } from "../sys/netlink.ts";
import {
  DATA_VALUE,
  ELEM,
  ELEM_LIST,
  elementHeader,
  elementKey,
  elementValue,
  LIST_ELEM,
} from "./element-bytes.ts";
import type { MapName, PortElement } from "./elements.ts";

export interface ElementChange {
  /** `create` fails where there is such an element, whatever its value. */
  readonly verb: "create" | "delete";
  readonly elements: readonly PortElement[];
}

/** NFNL_MSG_BATCH_BEGIN, …_END; NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWSETELEM, …_DELSETELEM. */
const MESSAGE = { BEGIN: 0x10, END: 0x11, create: 0xa0c, delete: 0xa0e } as const;
const NFNL_SUBSYS_NFTABLES = 10;
/** An attribute's length has 16 bits. */
const MOST_IN_MESSAGE = 500;
/** Elements whose batch fits the send buffer that every host grants. */
const MOST_IN_BATCH = 2_000;

/** Undefined for a batch that is too long for one datagram. */
export function elementBatch(table: string, changes: readonly ElementChange[]): NetlinkRequest[] | undefined {
  const count = changes.reduce((sum, { elements }) => sum + elements.length, 0);
  if (count > MOST_IN_BATCH) return undefined;
  return [
    bound("begin", MESSAGE.BEGIN),
    ...changes.flatMap((change) => messages(table, change)),
    bound("end", MESSAGE.END),
  ];
}

function bound(name: string, type: number): NetlinkRequest {
  // AF_UNSPEC, version 0, and the subsystem in network order.
  return {
    what: `${name} a change of ports`,
    type,
    silent: true,
    body: Buffer.from([0, 0, 0, NFNL_SUBSYS_NFTABLES]),
  };
}

function messages(table: string, { verb, elements }: ElementChange): NetlinkRequest[] {
  const groups = new Map<MapName, PortElement[]>();
  for (const element of elements) {
    const group = groups.get(element.map) ?? [];
    group.push(element);
    groups.set(element.map, group);
  }
  const bytes = new Entries(verb);
  const requests: NetlinkRequest[] = [];
  for (const [map, group] of groups) {
    for (let start = 0; start < group.length; start += MOST_IN_MESSAGE) {
      const entries = group.slice(start, start + MOST_IN_MESSAGE).map((element) => bytes.of(element));
      requests.push({
        what: `${verb} elements of ${map}`,
        type: MESSAGE[verb],
        ...(verb === "create" ? { flags: NLM_F.CREATE | NLM_F.EXCL, tolerate: ["EEXIST"] } : {}),
        body: Buffer.concat([
          elementHeader(),
          textAttribute(ELEM_LIST.TABLE, table),
          textAttribute(ELEM_LIST.SET, map),
          nested(ELEM_LIST.ELEMENTS, ...entries),
        ]),
      });
    }
  }
  return requests;
}

/** Makes the entries of elements, which differ in little but their ports: all else is made once. */
class Entries {
  readonly #verb: ElementChange["verb"];
  readonly #templates = new Map<string, Buffer>();

  constructor(verb: ElementChange["verb"]) {
    this.#verb = verb;
  }

  of(element: PortElement): Buffer {
    const { target, port } = splitValue(element.value);
    const kind = `${element.map} ${element.protocol} ${element.hostIp} ${target}`;
    let template = this.#templates.get(kind);
    if (template === undefined) this.#templates.set(kind, (template = this.#template(element, target)));
    const bytes = Buffer.from(template);
    // The entry, its key and the key's value begin with four bytes each; a port is padded to four.
    const key = 12 + (template.readUInt16LE(8) - 4);
    bytes.writeUInt16BE(element.hostPort, key - 4);
    if (this.#verb === "create") bytes.writeUInt16BE(port, bytes.length - 4);
    return bytes;
  }

  #template(element: PortElement, target: string): Buffer {
    const key = nested(ELEM.KEY, attribute(DATA_VALUE, elementKey(element)));
    if (this.#verb === "delete") return nested(LIST_ELEM, key);
    return nested(LIST_ELEM, key, nested(ELEM.DATA, attribute(DATA_VALUE, elementValue(target))));
  }
}

/** "10.88.0.2 . 80" */
function splitValue(value: string): { readonly target: string; readonly port: number } {
  const end = value.lastIndexOf(" . ");
  return { target: value.slice(0, end), port: Number(value.slice(end + 3)) };
}

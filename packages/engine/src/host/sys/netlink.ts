/** Netlink (netlink(7)): several requests in one datagram, their answers matched by sequence number. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { closeSync } from "node:fs";
import { errnoName } from "./libc.ts";
import {
  AF,
  bindSocket,
  netlinkAddress,
  openSocket,
  receive,
  SOCK,
  SOL,
  send,
  setIntOption,
} from "./socket.ts";

export const NETLINK = { ROUTE: 0, NETFILTER: 12 } as const;
export const NLM_F = { REQUEST: 1, ACK: 4, DUMP: 0x300, EXCL: 0x200, CREATE: 0x400 } as const;

const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const NLM_F_ACK_TLVS = 0x200;
const NLMSGERR_ATTR_MSG = 1;
const NESTED = 0x8000;
const HEADER = 16;
const OPTION = {
  capAck: { level: SOL.NETLINK, name: 10 },
  extAck: { level: SOL.NETLINK, name: 11 },
} as const;

export interface NetlinkRequest {
  /** For the error: "create bridge pw0". */
  readonly what: string;
  readonly type: number;
  /** NLM_F flags besides REQUEST and ACK, which are set but for silent ones. */
  readonly flags?: number;
  /** No answer is asked for; if one comes it is an error, and that of all. */
  readonly silent?: true;
  /** The family's header followed by attributes. */
  readonly body: Buffer;
  /** Names of errors that count as success: "EEXIST". */
  readonly tolerate?: readonly string[];
}

export interface NetlinkReply {
  readonly type: number;
  readonly body: Buffer;
}

/** Answers of one request, or the tolerated error. */
export interface NetlinkOutcome {
  readonly replies: readonly NetlinkReply[];
  readonly error?: string;
}

/** Stays bound to the network namespace that the thread was in when it was opened. */
export class NetlinkSocket implements Disposable {
  readonly #fd: number;
  readonly #buffer = Buffer.allocUnsafe(64 * 1024);
  #sequence = 0;

  constructor(protocol: number) {
    this.#fd = openSocket({ family: AF.NETLINK, type: SOCK.RAW, protocol });
    bindSocket(this.#fd, netlinkAddress());
    setIntOption(this.#fd, OPTION.capAck, 1);
    setIntOption(this.#fd, OPTION.extAck, 1);
  }

  /** All requests go out at once and all answers are awaited. @throws the first error that is not tolerated */
  transact(requests: readonly NetlinkRequest[]): NetlinkOutcome[] {
    if (requests.length === 0) return [];
    const first = this.#sequence + 1;
    send(this.#fd, Buffer.concat(requests.map((request) => this.#frame(request))));
    const replies = requests.map((): NetlinkReply[] => []);
    const results: (NetlinkError | undefined)[] = [];
    let open = requests.filter(({ silent }) => silent !== true).length;
    while (open > 0) {
      for (const message of this.#read()) {
        const index = message.sequence - first;
        if (index < 0 || index >= requests.length) continue;
        if (message.type !== NLMSG_ERROR && message.type !== NLMSG_DONE) {
          replies[index]?.push({ type: message.type, body: message.body });
          continue;
        }
        const error = readError(message);
        const request = requests[index];
        if (request?.silent === true) {
          if (error !== undefined) throw failure(request, error);
          continue;
        }
        results[index] = error;
        open -= 1;
      }
    }
    return requests.map((request, index) => conclude(request, results[index], replies[index] ?? []));
  }

  /** One request; see transact. */
  request(request: NetlinkRequest): NetlinkOutcome {
    return this.transact([request])[0] ?? { replies: [] };
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }

  #frame(request: NetlinkRequest): Buffer {
    const message = Buffer.alloc(align(HEADER + request.body.length));
    message.writeUInt32LE(HEADER + request.body.length, 0);
    message.writeUInt16LE(request.type, 4);
    const ack = request.silent === true ? 0 : NLM_F.ACK;
    message.writeUInt16LE(NLM_F.REQUEST | ack | (request.flags ?? 0), 6);
    message.writeUInt32LE(++this.#sequence, 8);
    request.body.copy(message, HEADER);
    return message;
  }

  *#read(): Generator<Message> {
    const length = receive(this.#fd, this.#buffer);
    let offset = 0;
    while (offset + HEADER <= length) {
      const size = this.#buffer.readUInt32LE(offset);
      if (size < HEADER || offset + size > length) break;
      yield {
        type: this.#buffer.readUInt16LE(offset + 4),
        flags: this.#buffer.readUInt16LE(offset + 6),
        sequence: this.#buffer.readUInt32LE(offset + 8),
        body: Buffer.from(this.#buffer.subarray(offset + HEADER, offset + size)),
      };
      offset += align(size);
    }
  }
}

interface Message {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  readonly body: Buffer;
}

interface NetlinkError {
  readonly errno: string;
  /** The kernel's own explanation, "" where it gives none. */
  readonly text: string;
}

/** struct nlmsgerr; a dump's DONE carries the same error number first. */
function readError(message: Message): NetlinkError | undefined {
  const number = message.body.length >= 4 ? message.body.readInt32LE(0) : 0;
  if (number >= 0) return undefined;
  const hasText = message.type === NLMSG_ERROR && (message.flags & NLM_F_ACK_TLVS) !== 0;
  const text = hasText ? parseAttributes(message.body, 4 + HEADER).get(NLMSGERR_ATTR_MSG) : undefined;
  return { errno: errnoName(-number), text: text === undefined ? "" : readText(text) };
}

function conclude(
  request: NetlinkRequest,
  error: NetlinkError | undefined,
  replies: readonly NetlinkReply[],
): NetlinkOutcome {
  if (error === undefined) return { replies };
  if (request.tolerate?.includes(error.errno) === true) return { replies, error: error.errno };
  throw failure(request, error);
}

function failure({ what }: NetlinkRequest, { errno, text }: NetlinkError): EngineError {
  const reason = text === "" ? errno : `${text} (${errno})`;
  return new EngineError("HOST_CALL_FAILED", `cannot ${what}: ${reason}`, { details: { errno } });
}

function align(size: number): number {
  return (size + 3) & ~3;
}

/** One attribute, padded. */
export function attribute(type: number, value: Uint8Array): Buffer {
  const out = Buffer.alloc(align(4 + value.length));
  out.writeUInt16LE(4 + value.length, 0);
  out.writeUInt16LE(type, 2);
  out.set(value, 4);
  return out;
}

export function nested(type: number, ...attributes: readonly Uint8Array[]): Buffer {
  return attribute(type | NESTED, Buffer.concat(attributes));
}

export function textAttribute(type: number, text: string): Buffer {
  return attribute(type, Buffer.from(`${text}\0`));
}

/** Host byte order, as rtnetlink has it. */
export function u32Attribute(type: number, value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return attribute(type, bytes);
}

export function u8Attribute(type: number, value: number): Buffer {
  return attribute(type, Uint8Array.of(value));
}

/** By type; of repeated types the last. `start` is the length of the family's header. */
export function parseAttributes(body: Buffer, start = 0): Map<number, Buffer> {
  const found = new Map<number, Buffer>();
  for (const { type, value } of listAttributes(body, start)) found.set(type, value);
  return found;
}

/** All of them, in order. */
export function* listAttributes(
  body: Buffer,
  start = 0,
): Generator<{ readonly type: number; readonly value: Buffer }> {
  let offset = align(start);
  while (offset + 4 <= body.length) {
    const length = body.readUInt16LE(offset);
    if (length < 4) break;
    // The two highest bits are flags (nested, network byte order).
    const type = body.readUInt16LE(offset + 2) & 0x3fff;
    yield { type, value: body.subarray(offset + 4, offset + length) };
    offset += align(length);
  }
}

export function readText(value: Buffer): string {
  const end = value.indexOf(0);
  return value.toString("utf8", 0, end < 0 ? value.length : end);
}

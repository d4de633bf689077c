/** Brings answers to clients' own addresses back to the forwarder, instead of out by the default route. */
import { closeFd, overwrite, receive, send, socket } from "../sys/forward-calls.ts";
import { AF_INET, AF_INET6 } from "./addresses.ts";
import { MARK, TABLE } from "./marks.ts";

const AF_NETLINK = 16;
const SOCK_RAW = 3;
const EEXIST = 17;
const RTM_NEWROUTE = 24;
const RTM_NEWRULE = 32;
/** REQUEST, ACK, CREATE, EXCL */
const FLAGS = 0x605;
const HEADER = 16;
const NLMSG_ERROR = 2;
const LO = 1;

const FRA = { PRIORITY: 6, FWMARK: 10, TABLE: 15, FWMASK: 16 } as const;
const RTA = { OIF: 4, TABLE: 15 } as const;
const FR_ACT_TO_TBL = 1;
const RTPROT_STATIC = 4;
const RT_SCOPE_HOST = 254;
const RTN_LOCAL = 2;

/**
 * The namespace that the thread is in: what bears the mark is its own, whatever the address. False where one of the two
 * families refuses.
 */
export function routeAnswers(families: readonly number[] = [AF_INET, AF_INET6]): boolean {
  const fd = socket(AF_NETLINK, SOCK_RAW);
  if (fd < 0) return false;
  try {
    return families.every((family) => [rule(family), route(family)].every((question) => ask(fd, question)));
  } finally {
    closeFd(fd);
  }
}

/**
 * Sockets that accept a marked connection bear its mark, and so do refusals: TCP needs no firewall. For sockets of this
 * namespace alone. @returns false where the kernel has it not
 */
export function keepMarksOfTcp(): boolean {
  const names = ["ipv4/tcp_fwmark_accept", "ipv4/fwmark_reflect"];
  // Without IPv6 there is none of the third.
  overwrite("/proc/sys/net/ipv6/fwmark_reflect", "1");
  return names.every((name) => overwrite(`/proc/sys/net/${name}`, "1") > 0);
}

function rule(family: number): Buffer {
  const body = Buffer.alloc(12);
  body[0] = family;
  body[7] = FR_ACT_TO_TBL;
  const marks = [number(FRA.FWMARK, MARK), number(FRA.FWMASK, 0xff_ff_ff_ff)];
  return message(RTM_NEWRULE, [body, ...marks, number(FRA.TABLE, TABLE), number(FRA.PRIORITY, TABLE)]);
}

function route(family: number): Buffer {
  const body = Buffer.alloc(12);
  body[0] = family;
  body[5] = RTPROT_STATIC;
  body[6] = RT_SCOPE_HOST;
  body[7] = RTN_LOCAL;
  return message(RTM_NEWROUTE, [body, number(RTA.TABLE, TABLE), number(RTA.OIF, LO)]);
}

function number(type: number, value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16LE(8, 0);
  bytes.writeUInt16LE(type, 2);
  bytes.writeUInt32LE(value >>> 0, 4);
  return bytes;
}

function message(type: number, parts: readonly Buffer[]): Buffer {
  const head = Buffer.alloc(HEADER);
  const whole = Buffer.concat([head, ...parts]);
  whole.writeUInt32LE(whole.length, 0);
  whole.writeUInt16LE(type, 4);
  whole.writeUInt16LE(FLAGS, 6);
  return whole;
}

/** rtnetlink(7) has answered by the time that sending returns. */
function ask(fd: number, question: Buffer): boolean {
  const answer = Buffer.alloc(1024);
  if (send(fd, question) < 0 || receive(fd, answer) < HEADER + 4) return false;
  const errno = -answer.readInt32LE(HEADER);
  return answer.readUInt16LE(4) === NLMSG_ERROR && (errno === 0 || errno === EEXIST);
}

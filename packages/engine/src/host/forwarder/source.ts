/** Which source address a client's connection gets inside the namespace. */
import { bind, setOption, type SocketOption } from "../sys/forward-calls.ts";
import { AF_INET6, familyOf, isLinkLocal, isLoopback, portOf, withPort } from "./addresses.ts";
import { LEAVING, MARK } from "./marks.ts";

const IP_TRANSPARENT = { level: 0, name: 19 };
const IP_BIND_ADDRESS_NO_PORT = { level: 0, name: 24 };
const IPV6_TRANSPARENT = { level: 41, name: 75 };
const SO_REUSEADDR = { level: 1, name: 2 };
const SO_MARK = { level: 1, name: 36 };

/** A forwarder has one kind of targets. */
let mark = MARK;

/** Its targets are behind bridges. */
export function leaveByBridges(): void {
  mark = LEAVING;
}

export interface Way {
  readonly target: Buffer;
  /** The client's address, to be kept; absent where that is impossible. */
  readonly source?: Buffer;
}

/** `here` is where the client has come to. */
export function wayFor(
  client: Buffer,
  here: () => Buffer,
  {
    target,
    loopback,
    keeps,
  }: { readonly target: Buffer; readonly loopback: boolean; readonly keeps: boolean },
): Way {
  if (isLoopback(client)) return { target: loopback ? withPort(here(), portOf(target)) : target };
  return keeps && !isLinkLocal(client) ? { target, source: client } : { target };
}

/** False where the system refuses; `samePort` asks for the client's port as well as its address. */
export function takeSource(fd: number, source: Buffer, samePort: boolean): boolean {
  const options: (readonly [SocketOption, number])[] = [
    [familyOf(source) === AF_INET6 ? IPV6_TRANSPARENT : IP_TRANSPARENT, 1],
    [SO_MARK, mark],
    [SO_REUSEADDR, 1],
  ];
  if (!samePort) options.push([IP_BIND_ADDRESS_NO_PORT, 1]);
  for (const [option, value] of options) if (setOption(fd, option, value) < 0) return false;
  return bind(fd, samePort ? source : withPort(source, 0)) >= 0;
}

/** The address that the host itself is known by: that of its default route. */
import { createSocket } from "node:dgram";
import { networkInterfaces } from "node:os";

/** Reserved for documentation (RFC 5737): a route leads there, and nobody is. */
const ELSEWHERE = "192.0.2.1";
const ANY_PORT = 9;
/** What an unconnected socket shows: no route leads out. */
const NONE = "0.0.0.0";

/** Connecting a datagram socket sends nothing: the kernel looks up the route. "" for a host without addresses. */
export async function primaryAddress(): Promise<string> {
  const socket = createSocket("udp4");
  try {
    const address = await new Promise<string>((resolve, reject) => {
      socket.once("error", reject);
      socket.connect(ANY_PORT, ELSEWHERE, () => resolve(socket.address().address));
    });
    return address === NONE ? firstAddress() : address;
  } catch {
    return firstAddress();
  } finally {
    socket.close();
  }
}

function firstAddress(): string {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const outside = all.filter(({ internal }) => !internal);
  return (outside.find(({ family }) => family === "IPv4") ?? outside[0])?.address ?? "";
}

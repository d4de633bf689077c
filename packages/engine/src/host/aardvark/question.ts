/** Asks a name server one question at a time over UDP (RFC 1035 §4), to see which text it answers by. */
import { isIpv6 } from "@podwright/spec/values/ip";

const PORT = 53;
const TYPE_A = 1;
const TYPE_AAAA = 28;
const CLASS_IN = 1;
const RECURSION_DESIRED = 0x0100;
const HEADER = 12;
const NO_SUCH_NAME = 3;

export type Answer = "found" | "not found";

/** Waits `patience` milliseconds; undefined when there was no answer, or an empty one. */
export async function ask(server: string, name: string, patience: number): Promise<Answer | undefined> {
  const v6 = isIpv6(server);
  const id = 1 + Math.floor(Math.random() * 0xfffe);
  const { promise, resolve } = Promise.withResolvers<Answer | undefined>();
  const socket = await Bun.udpSocket({
    hostname: v6 ? "::" : "0.0.0.0",
    socket: {
      data: (_socket, bytes) => {
        const answer = readAnswer(bytes, id);
        if (answer !== undefined) resolve(answer);
      },
      // Nobody listens there yet, or no longer: the caller asks again.
      error: () => resolve(undefined),
    },
  });
  const timer = setTimeout(() => resolve(undefined), patience);
  try {
    socket.send(question(id, name, v6 ? TYPE_AAAA : TYPE_A), PORT, server);
    return await promise;
  } finally {
    clearTimeout(timer);
    socket.close();
  }
}

export function question(id: number, name: string, type: number): Buffer {
  const header = Buffer.alloc(HEADER);
  header.writeUInt16BE(id, 0);
  header.writeUInt16BE(RECURSION_DESIRED, 2);
  header.writeUInt16BE(1, 4);
  const labels = name.split(".").flatMap((label) => [Buffer.from([label.length]), Buffer.from(label)]);
  const tail = Buffer.alloc(5);
  tail.writeUInt16BE(type, 1);
  tail.writeUInt16BE(CLASS_IN, 3);
  return Buffer.concat([header, ...labels, tail]);
}

/** undefined for what is no answer to this question. */
export function readAnswer(bytes: Buffer, id: number): Answer | undefined {
  if (bytes.length < HEADER || bytes.readUInt16BE(0) !== id) return undefined;
  const status = bytes.readUInt8(3) & 0xf;
  if (status === NO_SUCH_NAME) return "not found";
  return status === 0 && bytes.readUInt16BE(6) > 0 ? "found" : undefined;
}

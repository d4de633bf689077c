/** conmon's attach socket: packets out with one byte for the stream, raw bytes in. */
import type { AttachConnection } from "../../ports/monitor.ts";
import { connectSeqpacket } from "../sys/seqpacket.ts";

/** conmon reads at most so much of a packet (STDIO_BUF_SIZE); what is beyond would be lost. */
const LARGEST_WRITE = 8192;
/** Packets that may wait for a slow reader before conmon is held back. */
const MOST_WAITING = 64;
const STDOUT = 2;
const STDERR = 3;

export type OutputPacket = { readonly stream: "stdout" | "stderr"; readonly bytes: Uint8Array };

/** @throws HOST_CALL_FAILED when there is no monitor (any more) */
export async function attachTo(bundle: string): Promise<AttachConnection> {
  const attachment = new ConmonAttachment();
  await attachment.open(connectSeqpacket(`${bundle}/attach`));
  return attachment;
}

class ConmonAttachment implements AttachConnection {
  readonly output: AsyncIterable<OutputPacket> = { [Symbol.asyncIterator]: () => this.#packets() };
  readonly #waiting: OutputPacket[] = [];
  #socket: Bun.Socket | undefined;
  #ended = false;
  #arrived = Promise.withResolvers<void>();
  #writable = Promise.withResolvers<void>();

  /**
   * The event loop reads a descriptor of its own by recv(2): each call gives one packet, so the packets' bounds
   * are kept, and no thread of the pool waits in a read.
   */
  async open(fd: number): Promise<void> {
    const options: Bun.FdSocketOptions & { readonly allowHalfOpen: true } = {
      fd,
      allowHalfOpen: true,
      socket: {
        data: (socket, packet) => this.#take(socket, packet),
        drain: () => this.#writable.resolve(),
        end: () => this.#end(),
        close: () => this.#end(),
        // The monitor was killed: the output has ended, with or without its last packets.
        error: () => this.#end(),
      },
    };
    // The types know `fd` for listeners alone; connect() adopts a connected socket by it.
    this.#socket = await Bun.connect(options as unknown as Bun.UnixSocketOptions);
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length && !this.#ended; at += LARGEST_WRITE) {
      await this.#send(bytes.subarray(at, at + LARGEST_WRITE));
    }
  }

  endInput(): void {
    if (!this.#ended) this.#socket?.shutdown();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end();
    this.#socket?.terminate();
    this.#socket = undefined;
    await Promise.resolve();
  }

  #take(socket: Bun.Socket, packet: Uint8Array): void {
    const kind = packet[0];
    if (kind !== STDOUT && kind !== STDERR) return;
    // The buffer is the event loop's and is used again.
    const bytes = Uint8Array.prototype.slice.call(packet, 1);
    this.#waiting.push({ stream: kind === STDOUT ? "stdout" : "stderr", bytes });
    if (this.#waiting.length === MOST_WAITING) socket.pause();
    this.#arrived.resolve();
  }

  #end(): void {
    this.#ended = true;
    this.#arrived.resolve();
    this.#writable.resolve();
  }

  async *#packets(): AsyncGenerator<OutputPacket> {
    for (;;) {
      const packet = this.#waiting.shift();
      if (packet !== undefined) {
        if (this.#waiting.length === 0) this.#socket?.resume();
        yield packet;
      } else if (this.#ended) {
        return;
      } else {
        this.#arrived = Promise.withResolvers();
        await this.#arrived.promise;
      }
    }
  }

  /** A packet goes whole or not at all. */
  async #send(packet: Uint8Array): Promise<void> {
    while (!this.#ended && this.#socket !== undefined) {
      this.#writable = Promise.withResolvers();
      if (this.#socket.write(packet) !== 0) return;
      await this.#writable.promise;
    }
  }
}

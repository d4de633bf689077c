/** A blob's bytes from first to last, over as many connections as it takes: each goes on where the last one broke. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { connectionFailure } from "./failures.ts";
import { bodyOf, type Transport } from "./transport.ts";

/** Attempts are counted anew after a gain of this many bytes: a long download may break often, but not for ever. */
const GAIN = 1 << 20;
/** A connection that is up and brings nothing for so long is as good as broken. */
const STALL_MS = 60_000;

export interface BlobDownload {
  readonly url: string;
  /** Bytes that it should have; a body that ends before them was cut. */
  readonly size: number;
  /** Asks for the blob from `offset` on. Any status is an answer. */
  readonly request: (offset: number, signal: AbortSignal) => Promise<Response>;
  readonly refusal: (response: Response) => Promise<EngineError>;
  readonly transport: Pick<Transport, "retry" | "pause" | "watch">;
  readonly stallMs?: number;
}

/** @throws REGISTRY_UNAVAILABLE once attempts gain nothing more, CANCELED, what `refusal` makes of an answer. */
export async function* downloadBlob(download: BlobDownload): AsyncGenerator<Uint8Array> {
  const { transport, size } = download;
  let received = 0;
  let counted = 0;
  for (let attempt = 0; ; attempt++) {
    try {
      for await (const chunk of bodyFrom(download, received)) {
        received += chunk.length;
        yield chunk;
      }
      // Longer than it should be is for the reader to judge.
      if (received >= size) return;
      throw new Error("unexpected EOF");
    } catch (error) {
      if (transport.watch.signal?.aborted === true)
        throw new EngineError("CANCELED", "the request was canceled", { cause: error });
      // An answer, or a connection that could not be made again after all attempts.
      if (error instanceof EngineError) throw error;
      if (received - counted >= GAIN) {
        attempt = 0;
        counted = received;
      }
      if (attempt >= transport.retry.retries) throw connectionFailure(download.url, error);
      await transport.pause(attempt, `connection lost after ${received} bytes`);
    }
  }
}

async function* bodyFrom(download: BlobDownload, offset: number): AsyncGenerator<Uint8Array> {
  const { transport, stallMs = STALL_MS } = download;
  const stop = new AbortController();
  const { signal } = transport.watch;
  const response = await download.request(
    offset,
    signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]),
  );
  const start = startOf(response, offset);
  if (start === undefined || start > offset) throw await download.refusal(response);
  let skip = offset - start;
  for await (const chunk of unlessStalled(bodyOf(response), stallMs, stop)) {
    const passed = Math.min(skip, chunk.length);
    skip -= passed;
    if (passed < chunk.length) yield passed === 0 ? chunk : chunk.subarray(passed);
  }
}

/** Where the body begins: a server need not know ranges, and may give more than was asked for (RFC 9110 §14.2). */
function startOf(response: Response, offset: number): number | undefined {
  if (response.status === 200) return 0;
  if (response.status !== 206) return undefined;
  const start = /^bytes (\d+)-/.exec(response.headers.get("content-range") ?? "")?.[1];
  return start === undefined ? offset : Number(start);
}

/** Ends the request when nothing comes. Time that the reader takes does not count. */
async function* unlessStalled(
  chunks: AsyncIterable<Uint8Array>,
  stallMs: number,
  stop: AbortController,
): AsyncGenerator<Uint8Array> {
  const stalled = new Error(`no data for ${stallMs / 1000} seconds`);
  const iterator = chunks[Symbol.asyncIterator]();
  try {
    for (;;) {
      const timer = setTimeout(() => stop.abort(stalled), stallMs);
      let next: IteratorResult<Uint8Array>;
      try {
        next = await iterator.next();
      } catch (error) {
        throw stop.signal.aborted ? stalled : error;
      } finally {
        clearTimeout(timer);
      }
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    await iterator.return?.();
  }
}

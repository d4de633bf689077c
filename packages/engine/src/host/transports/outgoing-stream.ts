/** A blob on its way out: compressed where asked for, its digest and size known at its end. */
import { createHash } from "node:crypto";
import type { BlobId, OutgoingBlob } from "../../ports/image-destination.ts";
import { compress } from "../../tar/compress.ts";

export type BlobBytes = Pick<OutgoingBlob, "open" | "compression">;

export interface OutgoingStream {
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Once the chunks have been read to their end. */
  readonly id: () => BlobId;
}

export function outgoing(blob: BlobBytes): OutgoingStream {
  const hash = createHash("sha256");
  let size = 0;
  const plain = blob.open();
  const sent = blob.compression === undefined ? plain : compress(plain, blob.compression);
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of sent) {
      hash.update(chunk);
      size += chunk.length;
      yield chunk;
    }
  }
  let id: BlobId | undefined;
  return {
    chunks: counted(),
    id: () => (id ??= { digest: `sha256:${hash.digest("hex")}`, size }),
  };
}

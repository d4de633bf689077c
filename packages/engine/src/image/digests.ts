/** SHA-256 as images use it: digests of bytes, chainIDs of layers, and streams that must match. */
import { parseDigest } from "@podwright/spec/distribution/digest";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { Descriptor } from "@podwright/spec/oci-image/types";
import { createHash } from "node:crypto";

/** "sha256:…" */
export function digestOf(bytes: Uint8Array): string {
  return `sha256:${hexOf(bytes)}`;
}

export function hexOf(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** chainIDs of a stack of layers, the lowest first (image-spec, "Layer ChainID"): 64 hex each. */
export function chainIds(diffIds: readonly string[]): string[] {
  const chain: string[] = [];
  for (const diffId of diffIds) {
    const parent = chain.at(-1);
    chain.push(parent === undefined ? parseDigest(diffId).hex : hexOf(`sha256:${parent} ${diffId}`));
  }
  return chain;
}

/** @throws IMAGE_DIGEST_MISMATCH when the bytes are not those of `digest`. */
export function checkDigest(bytes: Uint8Array, digest: string, what: string): void {
  const { algorithm, hex } = parseDigest(digest);
  const actual = createHash(algorithm).update(bytes).digest("hex");
  if (actual !== hex) throw mismatch(what, digest, `${algorithm}:${actual}`);
}

export interface VerifyOptions {
  readonly what: string;
  /** False where only the size is to be counted. */
  readonly digest: boolean;
  readonly onBytes?: (total: number) => void;
}

/** The same stream; it throws at its end, or as soon as it is too long, unless it is what was described. */
export async function* verified(
  chunks: AsyncIterable<Uint8Array>,
  descriptor: Descriptor,
  options: VerifyOptions,
): AsyncGenerator<Uint8Array> {
  const { algorithm } = parseDigest(descriptor.digest);
  const hash = options.digest ? createHash(algorithm) : undefined;
  let total = 0;
  for await (const chunk of chunks) {
    total += chunk.length;
    if (total > descriptor.size)
      throw wrongSize(options.what, descriptor.size, `more than ${descriptor.size}`);
    hash?.update(chunk);
    options.onBytes?.(total);
    yield chunk;
  }
  if (total !== descriptor.size) throw wrongSize(options.what, descriptor.size, String(total));
  if (hash === undefined) return;
  const actual = `${algorithm}:${hash.digest("hex")}`;
  if (actual !== descriptor.digest) throw mismatch(options.what, descriptor.digest, actual);
}

/** All bytes of a small blob, checked. */
export async function readVerified(
  chunks: AsyncIterable<Uint8Array>,
  descriptor: Descriptor,
  what: string,
  limit: number,
): Promise<Uint8Array> {
  if (descriptor.size > limit) {
    throw new EngineError("IMAGE_MANIFEST_INVALID", `${what} of ${descriptor.size} bytes is too large`);
  }
  const parts: Uint8Array[] = [];
  for await (const part of verified(chunks, descriptor, { what, digest: true })) parts.push(part);
  return Buffer.concat(parts);
}

function mismatch(what: string, expected: string, actual: string): EngineError {
  return new EngineError(
    "IMAGE_DIGEST_MISMATCH",
    `${what}: digest did not match, expected ${expected}, got ${actual}`,
  );
}

function wrongSize(what: string, expected: number, actual: string): EngineError {
  return new EngineError("IMAGE_DIGEST_MISMATCH", `${what}: expected ${expected} bytes, got ${actual}`);
}

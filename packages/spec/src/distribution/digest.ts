/** Digests of the OCI image specification. One that does not parse is never used as part of a path or an address. */
import { EngineError } from "../errors/engine-error.ts";

export type DigestAlgorithm = "sha256" | "sha384" | "sha512";

export interface Digest {
  readonly algorithm: DigestAlgorithm;
  /** Lower-case hexadecimal, of the length that the algorithm gives. */
  readonly hex: string;
}

const LENGTHS: Readonly<Record<DigestAlgorithm, number>> = { sha256: 64, sha384: 96, sha512: 128 };

export function isDigest(text: string): boolean {
  return split(text) !== undefined;
}

/**
 * Registries choose the digests in a manifest: one such as `sha256:../../x` led to other files and other
 * repositories where it was taken on trust (CVE-2024-3727).
 * @throws IMAGE_REFERENCE_INVALID
 */
export function parseDigest(text: string): Digest {
  const digest = split(text);
  if (digest === undefined) {
    throw new EngineError("IMAGE_REFERENCE_INVALID", `invalid digest ${JSON.stringify(text)}`);
  }
  return digest;
}

function split(text: string): Digest | undefined {
  const colon = text.indexOf(":");
  const algorithm = text.slice(0, colon);
  const hex = text.slice(colon + 1);
  if (algorithm !== "sha256" && algorithm !== "sha384" && algorithm !== "sha512") return undefined;
  if (hex.length !== LENGTHS[algorithm] || !/^[0-9a-f]+$/.test(hex)) return undefined;
  return { algorithm, hex };
}

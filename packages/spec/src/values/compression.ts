/** How layers are written: `--compression-format`, `--compression-level`, and their keys of containers.conf. */
import type { PushRequest } from "../engine-api/images.ts";
import { EngineError } from "../errors/engine-error.ts";

const LEVELS = { gzip: { least: 1, most: 9 }, zstd: { least: 1, most: 20 } };

/** @throws CLI_USAGE, NOT_IMPLEMENTED */
export function parseCompression(
  format: string | undefined,
  level: number | undefined,
): PushRequest["compression"] {
  if (format === undefined && level === undefined) return undefined;
  const known = knownFormat(format === undefined || format === "" ? "gzip" : format);
  if (level === undefined) return { format: known };
  const { least, most } = LEVELS[known];
  if (level >= least && level <= most) return { format: known, level };
  throw new EngineError("CLI_USAGE", `invalid compression level ${level}: ${known} has ${least} to ${most}`);
}

function knownFormat(format: string): "gzip" | "zstd" {
  if (format === "gzip" || format === "zstd") return format;
  if (format === "zstd:chunked" || format === "estargz" || format === "xz" || format === "bzip2") {
    throw new EngineError(
      "NOT_IMPLEMENTED",
      `compression format ${format} is not supported: use gzip or zstd`,
    );
  }
  throw new EngineError("CLI_USAGE", `unknown compression algorithm ${JSON.stringify(format)}`);
}

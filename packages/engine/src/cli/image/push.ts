/** `push`: an image to a registry or another place. */
import { parseCompression } from "@podwright/spec/values/compression";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { writeFileSync } from "node:fs";
import { defineCommand } from "../frame/command.ts";
import { refuseUnsupported } from "../parse/refused.ts";
import { parseRegistry, pushRegistryFlags } from "../parse/registry.ts";
import { pullReporter } from "../print/pull-progress.ts";

const SIGNING = [
  "sign-by",
  "sign-by-sigstore",
  "sign-by-sigstore-private-key",
  "sign-by-sq-fingerprint",
  "sign-passphrase-file",
  "encryption-key",
  "encrypt-layer",
] as const;

export const command = defineCommand({
  path: ["push"],
  also: [["image", "push"]],
  summary: "Push an image to a specified destination",
  description:
    'Pushes a source image to a specified destination.\n\nThe Image "DESTINATION" uses a "transport":"details" format: docker:// (the default), docker-archive:, oci-archive:, oci: or dir:.',
  usage: "[options] IMAGE [DESTINATION]",
  args: { min: 1, max: 2 },
  argCompletion: "image",
  flags: {
    compress: {
      type: "bool",
      help: "Compress tarball image layers when pushing to a directory using the 'dir' transport. (default is same compression type as source)",
    },
    "compression-format": {
      type: "string",
      help: "compression format to use",
      complete: ["gzip", "zstd"],
    },
    "compression-level": { type: "int", help: "compression level to use", complete: "none" },
    digestfile: {
      type: "string",
      help: "Write the digest of the pushed image to the specified file",
      complete: "file",
    },
    "disable-content-trust": {
      type: "bool",
      hidden: true,
      help: "This is a Docker specific option and has no effect",
    },
    "encrypt-layer": { type: "list", help: "Layers to encrypt (not supported)", hidden: true },
    "encryption-key": { type: "list", help: "Key to encrypt the image with (not supported)", hidden: true },
    "force-compression": {
      type: "maybe-bool",
      help: "Use the specified compression algorithm even if the destination contains a differently-compressed variant already",
    },
    format: {
      type: "string",
      short: "f",
      help: "Manifest type (oci or v2s2) to use in the destination (default is manifest type of source, with fallbacks)",
      complete: ["oci", "v2s2"],
    },
    quiet: { type: "bool", short: "q", help: "Suppress output information when pushing images" },
    "remove-signatures": { type: "bool", help: "Discard any pre-existing signatures in the image" },
    "sign-by": { type: "string", help: "Sign with a GPG key (not supported)", hidden: true },
    "sign-by-sigstore": { type: "string", help: "Sign with sigstore (not supported)", hidden: true },
    "sign-by-sigstore-private-key": {
      type: "string",
      help: "Sign with a sigstore private key (not supported)",
      hidden: true,
    },
    "sign-by-sq-fingerprint": { type: "string", help: "Sign with Sequoia (not supported)", hidden: true },
    "sign-passphrase-file": { type: "string", help: "Passphrase for signing (not supported)", hidden: true },
    ...pushRegistryFlags,
  },
  examples: [
    "push imageID docker://registry.example.com/repository:tag",
    "push imageID oci-archive:/path/to/layout:image:tag",
  ],
  async run({ flags, given, args: [source = "", destination], engine, io }) {
    refuseUnsupported(SIGNING.filter((flag) => given(flag)));
    const compression = parseCompression(flags["compression-format"], flags["compression-level"]);
    const images = await engine.images();
    const digest = await images.push(
      {
        ...parseRegistry(flags),
        source,
        ...(destination === undefined ? {} : { destination }),
        ...(flags.format === undefined ? {} : { format: flags.format }),
        ...(compression === undefined ? {} : { compression }),
        // Whoever names a format means it.
        forceCompression: flags["force-compression"] ?? flags["compression-format"] !== undefined,
        compress: flags.compress,
      },
      pullReporter(io, flags.quiet),
      io.interruptible(),
    );
    if (flags.digestfile !== undefined) writeDigest(flags.digestfile, digest);
  },
});

function writeDigest(path: string, digest: string): void {
  try {
    writeFileSync(path, digest);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EngineError("CLI_USAGE", `cannot write the digest to ${path}: ${reason}`, { cause });
  }
}

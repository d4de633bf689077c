/** `save`: images into an archive. */
import type { SaveFormat } from "@podwright/spec/engine-api/images";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { defineCommand } from "../frame/command.ts";
import { pullReporter } from "../print/pull-progress.ts";

const FORMATS: readonly SaveFormat[] = ["oci-archive", "oci-dir", "docker-archive", "docker-dir"];
const DIRECTORIES: readonly SaveFormat[] = ["oci-dir", "docker-dir"];

export const command = defineCommand({
  path: ["save"],
  also: [["image", "save"]],
  summary: "Save image(s) to an archive",
  description:
    "Save an image to docker-archive or oci-archive on the local machine. Default is docker-archive.",
  usage: "[options] IMAGE [IMAGE...]",
  args: { min: 0 },
  argCompletion: "image",
  flags: {
    compress: {
      type: "maybe-bool",
      help: "Compress tarball image layers when saving to a directory using the 'dir' transport. (default is same compression type as source)",
    },
    format: {
      type: "string",
      default: "docker-archive",
      help: "Save image to oci-archive, oci-dir (directory with oci manifest type), docker-archive, docker-dir (directory with v2s2 manifest type)",
      complete: FORMATS,
    },
    "multi-image-archive": {
      type: "bool",
      short: "m",
      help: "Interpret additional arguments as images not tags and create a multi-image-archive (only for docker-archive)",
    },
    output: {
      type: "string",
      short: "o",
      help: "Write to a specified file (default: stdout, which must be redirected)",
      complete: "file",
    },
    quiet: { type: "bool", short: "q", help: "Suppress the output" },
    uncompressed: { type: "bool", help: "Accept uncompressed layers when copying OCI images" },
  },
  examples: [
    "save --quiet -o myimage.tar imageID",
    "save --format docker-dir -o ubuntu-dir ubuntu",
    "save > alpine-all.tar alpine:latest",
  ],
  async run({ flags, args, engine, io }) {
    const format = FORMATS.find((known) => known === flags.format);
    const [first, ...others] = args;
    if (first === undefined) throw usage("need at least 1 argument");
    if (format === undefined) throw usage(`format value must be one of ${FORMATS.join(" ")}`);
    if (flags.compress !== undefined && format !== "docker-dir")
      throw usage("--compress can only be set when --format is 'docker-dir'");
    const output = outputOf(flags.output, format, io.stdoutIsTty);
    const several = flags["multi-image-archive"];
    await (await engine.images()).save(
      {
        names: several ? args : [first],
        additionalTags: several ? [] : others,
        format,
        output,
        compress: flags.compress === true,
        uncompressed: flags.uncompressed,
      },
      pullReporter(io, flags.quiet || output === "-"),
      io.interruptible(),
    );
  },
});

function outputOf(output: string | undefined, format: SaveFormat, isTerminal: boolean): string {
  if (output === undefined || output === "") {
    if (isTerminal) throw usage("refusing to save to terminal. Use -o flag or redirect");
    if (DIRECTORIES.includes(format))
      throw usage(`--format ${format} makes a directory: name it with --output`);
    return "-";
  }
  if (output.includes(":"))
    throw usage(`invalid filename (should not contain ':') ${JSON.stringify(output)}`);
  return output;
}

function usage(message: string): EngineError {
  return new EngineError("CLI_USAGE", message);
}

/** `import`: an image from a tar of a file system. */
import type { PlatformChoice } from "@podwright/spec/engine-api/images";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { defineCommand } from "../frame/command.ts";
import { pullReporter } from "../print/pull-progress.ts";

export const command = defineCommand({
  path: ["import"],
  also: [["image", "import"]],
  summary: "Import a tarball to create a filesystem image",
  description:
    "Creates a container image from the contents of the specified tarball (.tar, .tar.gz, .tgz, .tar.zst).",
  usage: "[options] PATH [REFERENCE]",
  args: { min: 0 },
  argCompletion: "file",
  flags: {
    arch: { type: "string", help: "Set the architecture of the imported image" },
    change: {
      type: "list",
      short: "c",
      help: "Apply the following possible instructions to the created image: CMD | ENTRYPOINT | ENV | EXPOSE | LABEL | ONBUILD | STOPSIGNAL | USER | VOLUME | WORKDIR",
    },
    message: { type: "string", short: "m", help: "Set commit message for imported image" },
    os: { type: "string", help: "Set the OS of the imported image" },
    quiet: { type: "bool", short: "q", help: "Suppress output" },
    variant: { type: "string", help: "Set the variant of the imported image" },
  },
  examples: [
    "import https://example.com/ctr.tar url-image",
    'import --message "importing the ctr.tar tarball" - image-imported',
    "import --change CMD=/bin/bash --change ENTRYPOINT=/bin/sh ctr.tar image-imported",
  ],
  async run({ flags, args, engine, io }) {
    const [source, reference] = args;
    if (source === undefined) {
      throw new EngineError(
        "CLI_USAGE",
        "need to give the path to the tarball, or must specify a tarball of '-' for stdin",
      );
    }
    if (args.length > 2) throw new EngineError("CLI_USAGE", "too many arguments. Usage TARBALL [REFERENCE]");
    const { os, arch, variant } = flags;
    const platform: PlatformChoice = {
      ...(os === undefined ? {} : { os }),
      ...(arch === undefined ? {} : { arch }),
      ...(variant === undefined ? {} : { variant }),
    };
    const id = await (await engine.images()).import(
      {
        source,
        changes: flags.change,
        platform,
        ...(reference === undefined ? {} : { reference }),
        ...(flags.message === undefined ? {} : { message: flags.message }),
      },
      pullReporter(io, flags.quiet),
      io.interruptible(),
    );
    io.out(`sha256:${id}\n`);
  },
});

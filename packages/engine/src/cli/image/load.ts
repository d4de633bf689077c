/** `load`: images from an archive. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { defineCommand } from "../frame/command.ts";
import { pullReporter } from "../print/pull-progress.ts";

export const command = defineCommand({
  path: ["load"],
  also: [["image", "load"]],
  summary: "Load image(s) from a tar archive",
  description: "Loads images from a locally stored archive (tar file), from a URL or from standard input.",
  usage: "[options]",
  args: { min: 0, max: 0 },
  flags: {
    input: {
      type: "string",
      short: "i",
      help: "Read from specified archive file (default: stdin)",
      valueName: "FILE",
      complete: "file",
    },
    quiet: { type: "bool", short: "q", help: "Suppress the output" },
  },
  examples: ["load < fedora.tar", "load --quiet --input fedora.tar"],
  async run({ flags, engine, io }) {
    if (flags.input === undefined && io.stdinIsTty) {
      throw new EngineError(
        "CLI_USAGE",
        "cannot read from terminal, use command-line redirection or the --input flag",
      );
    }
    const images = await engine.images();
    const names = await images.load(flags.input ?? "-", pullReporter(io, flags.quiet), io.interruptible());
    for (const name of names) io.out(`Loaded image: ${name}\n`);
  },
});

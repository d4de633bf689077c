/** `volume export`. */
import { defineCommand } from "../frame/command.ts";
import { writeBytes } from "../print/byte-output.ts";

export const command = defineCommand({
  path: ["volume", "export"],
  summary: "Export volumes",
  description: "Writes the content of a volume as a tar archive.",
  usage: "[options] VOLUME",
  args: { min: 1, max: 1 },
  argCompletion: "volume",
  flags: {
    output: {
      type: "string",
      short: "o",
      help: "Write to a specified file (default: stdout, which must be redirected)",
      complete: "file",
    },
  },
  examples: ["volume export myvol > myvol.tar", "volume export --output myvol.tar myvol"],
  async run({ flags, args: [name = ""], engine, io }) {
    const refusal = "refusing to export to terminal. Use -o flag or redirect";
    const signal = io.interruptible();
    const volumes = await engine.volumes();
    // Before a file is made for nothing.
    await volumes.inspect(name);
    await writeBytes(io, { path: flags.output, refusal }, (sink) => volumes.export(name, sink, signal));
  },
});

/** `export`: a container's files as a tar. */
import { defineCommand } from "../frame/command.ts";
import { writeBytes } from "../print/byte-output.ts";
import { latestFlag, oneContainer } from "./selection.ts";

export const command = defineCommand({
  path: ["export"],
  also: [["container", "export"]],
  summary: "Export container's filesystem contents as a tar archive",
  description:
    "Exports container's filesystem contents as a tar archive and saves it on the local machine. What is mounted into the container is left out.",
  usage: "[options] CONTAINER",
  args: { namesOr: ["latest"], max: 1 },
  argCompletion: "container",
  flags: {
    latest: latestFlag,
    output: {
      type: "string",
      short: "o",
      help: "Write to a specified file (default: stdout, which must be redirected)",
      complete: "file",
    },
  },
  examples: ["export ctrID > myCtr.tar", 'export --output="myCtr.tar" ctrID'],
  async run({ flags, args, engine, io }) {
    const container = await oneContainer(engine, { args, latest: flags.latest });
    const refusal = "refusing to export to terminal. Use -o flag or redirect";
    const signal = io.interruptible();
    await writeBytes(io, { path: flags.output, refusal }, async (sink) =>
      (await engine.files()).export(container, sink, signal),
    );
  },
});

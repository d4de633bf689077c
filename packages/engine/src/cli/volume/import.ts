/** `volume import`. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { createReadStream, openSync } from "node:fs";
import { defineCommand } from "../frame/command.ts";

export const command = defineCommand({
  path: ["volume", "import"],
  summary: "Import a tarball contents into a volume",
  description:
    "Unpacks a tarball (.tar, .tar.gz, .tgz, .tar.zst) into a volume, over what is there. '-' is standard input.",
  usage: "VOLUME SOURCE",
  args: { min: 2, max: 2 },
  argCompletion: "volume",
  flags: {},
  examples: ["volume import my_vol /home/user/import.tar", "volume import my_vol - < ctr.tar"],
  async run({ args: [name = "", source = ""], engine, io }) {
    const volumes = await engine.volumes();
    const archive = source === "-" ? io.stdinChunks() : fileChunks(source);
    await volumes.import(name, archive, io.interruptible());
  },
});

function fileChunks(path: string): AsyncIterable<Uint8Array> {
  if (path.includes(":"))
    throw new EngineError("CLI_USAGE", `invalid filename (should not contain ':') ${JSON.stringify(path)}`);
  try {
    return createReadStream("", { fd: openSync(path, "r"), highWaterMark: 1 << 18 });
  } catch (cause) {
    const missing = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EngineError("CLI_USAGE", missing ? `open ${path}: no such file or directory` : reason, {
      cause,
    });
  }
}

/** `commit`: an image of a container's changes. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { readFileSync, writeFileSync } from "node:fs";
import { defineCommand } from "../frame/command.ts";
import { pullReporter } from "../print/pull-progress.ts";

export const command = defineCommand({
  path: ["commit"],
  also: [["container", "commit"]],
  summary: "Create new image based on the changed container",
  description:
    "Create an image from a container's changes. Optionally tag the image created, set the author with the --author flag, set the commit message with the --message flag, and make changes to the instructions with the --change flag.",
  usage: "[options] CONTAINER [IMAGE]",
  args: { min: 1, max: 2 },
  argCompletion: "container",
  flags: {
    author: { type: "string", short: "a", help: "Set the author for the image committed", complete: "none" },
    change: {
      type: "list",
      short: "c",
      help: "Apply the following possible instructions to the created image: CMD | ENTRYPOINT | ENV | EXPOSE | LABEL | ONBUILD | STOPSIGNAL | USER | VOLUME | WORKDIR",
    },
    config: {
      type: "string",
      help: "file containing a container configuration to merge into the image",
      valueName: "file",
      complete: "file",
    },
    format: {
      type: "string",
      short: "f",
      default: "oci",
      help: "Format of the image manifest and metadata",
      valueName: "Format",
      complete: ["oci", "docker"],
    },
    iidfile: { type: "string", help: "file to write the image ID to", valueName: "file", complete: "file" },
    "include-volumes": { type: "bool", help: "Include container volumes as image volumes" },
    message: { type: "string", short: "m", help: "Set commit message for imported image", complete: "none" },
    pause: { type: "bool", short: "p", help: "Pause container during commit" },
    quiet: { type: "bool", short: "q", help: "Suppress output" },
    squash: { type: "bool", short: "s", help: "squash newly built layers into a single new layer" },
  },
  examples: [
    'commit -q --author "firstName lastName" reverent_golick image-committed',
    "commit -q --pause=false containerID image-committed",
    "commit containerID",
  ],
  async run({ flags, args: [container = "", image], engine, io }) {
    const config = flags.config === undefined || flags.config === "" ? undefined : readConfig(flags.config);
    const id = await (await engine.containers()).commit(
      container,
      {
        changes: flags.change,
        format: formatOf(flags.format),
        includeVolumes: flags["include-volumes"],
        pause: flags.pause,
        squash: flags.squash,
        ...(image === undefined ? {} : { image }),
        ...(flags.author === undefined ? {} : { author: flags.author }),
        ...(flags.message === undefined ? {} : { message: flags.message }),
        ...(config === undefined ? {} : { config }),
      },
      pullReporter(io, flags.quiet),
      io.interruptible(),
    );
    if (flags.iidfile !== undefined && flags.iidfile !== "") writeId(flags.iidfile, id);
    io.out(`${id}\n`);
  },
});

function formatOf(text: string): "oci" | "docker" {
  if (text === "oci" || text === "docker") return text;
  throw new EngineError("CLI_USAGE", `unrecognized image format ${JSON.stringify(text)}`);
}

function readConfig(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new EngineError("CLI_USAGE", `--config: ${reasonOf(cause)}`, { cause });
  }
}

function writeId(path: string, id: string): void {
  try {
    writeFileSync(path, id);
  } catch (cause) {
    throw new EngineError("CLI_USAGE", `failed to write image ID: ${reasonOf(cause)}`, { cause });
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

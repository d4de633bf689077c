/** `volume inspect`. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { defineCommand } from "../frame/command.ts";
import { formatFlag } from "../object/flags.ts";
import { inspectAs } from "../object/lookups.ts";
import { inspectEach } from "../object/report.ts";

export const command = defineCommand({
  path: ["volume", "inspect"],
  summary: "Display detailed information on one or more volumes",
  description:
    "Display detailed information on one or more volumes.\n\n  Use a Go template to change the format from JSON.",
  usage: "[options] VOLUME [VOLUME...]",
  args: { min: 0 },
  argCompletion: "volume",
  flags: {
    all: { type: "bool", short: "a", help: "Inspect all volumes" },
    format: formatFlag,
  },
  examples: [
    "volume inspect myvol",
    "volume inspect --all",
    'volume inspect --format "{{.Driver}} {{.Scope}}" myvol',
  ],
  async run({ flags, args, engine, io }) {
    if (flags.all === args.length > 0) {
      throw new EngineError("CLI_USAGE", "provide one or more volume names or use --all");
    }
    const names = flags.all ? (await (await engine.volumes()).list({})).map((volume) => volume.name) : args;
    return inspectEach(io, names, flags.format, (name) => inspectAs(engine, "volume", name, { size: false }));
  },
});

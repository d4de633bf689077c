/** `volume ls`. */
import type { VolumeInfo } from "@podwright/spec/engine-api/volumes";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { parseFilters } from "@podwright/spec/values/filter";
import { defineCommand } from "../frame/command.ts";
import { GoTime } from "../print/go-time.ts";
import { volumeInspectJson } from "../print/objects/volume.ts";
import { printRows, type RowSpec } from "../print/rows.ts";
import { asksForJson } from "../print/template.ts";

const ROWS: RowSpec<VolumeInfo> = {
  fields: {
    Name: (volume) => volume.name,
    Driver: (volume) => volume.driver,
    Mountpoint: (volume) => volume.mountpoint,
    CreatedAt: (volume) => GoTime.fromDate(new Date(volume.created)),
    Status: () => ({}),
    Labels: (volume) => volume.labels,
    Scope: () => "local",
    Options: (volume) => volume.options,
    UID: (volume) => volume.uid,
    GID: (volume) => volume.gid,
    Anonymous: (volume) => volume.anonymous,
    MountCount: (volume) => volume.mountCount,
    NeedsCopyUp: (volume) => volume.needsCopyUp,
    NeedsChown: (volume) => volume.needsChown,
    Timeout: () => 0,
    StorageID: () => "",
    LockNumber: () => 0,
  },
  headers: { Name: "volume name" },
  json: volumeInspectJson,
  jsonIndent: 2,
};

export const command = defineCommand({
  path: ["volume", "ls"],
  also: [["volume", "list"]],
  summary: "List volumes",
  description:
    "List all available volumes. The output of the volumes can be filtered\nand the output format can be changed to JSON or a user specified Go template.",
  usage: "[options]",
  args: { min: 0, max: 0 },
  flags: {
    filter: { type: "list", short: "f", help: "Filter volume output", valueName: "filter" },
    format: { type: "string", help: "Format volume output using Go template" },
    noheading: { type: "bool", short: "n", help: "Do not print headers" },
    quiet: { type: "bool", short: "q", help: "Print volume output in quiet mode" },
  },
  examples: ["volume ls", "volume ls --format json", "volume ls --filter label=key=value"],
  async run({ flags, given, engine, io }) {
    if (flags.quiet && given("format")) {
      throw new EngineError("CLI_USAGE", "quiet and format flags cannot be used together");
    }
    const volumes = await (await engine.volumes()).list(parseFilters(flags.filter));
    // As in Podman, no volumes are no table, not an empty one.
    if (volumes.length === 0 && !asksForJson(flags.format)) return;
    const format = flags.quiet ? "{{.Name}}" : flags.format;
    printRows(io, ROWS, volumes, {
      defaultFormat: "table {{.Driver}}\t{{.Name}}",
      ...(format === undefined ? {} : { format }),
      noHeading: flags.noheading,
    });
  },
});

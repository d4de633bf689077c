/** `system df`. */
import type { DiskUsage } from "@podwright/spec/engine-api/system";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { defineCommand } from "../frame/command.ts";
import { printRows } from "../print/rows.ts";
import { asksForJson } from "../print/template.ts";
import { containerRows, imageRows, type Summary, summaryJson, summaryRows, volumeRows } from "./df-rows.ts";
import { toGoJson } from "../print/json.ts";

export const command = defineCommand({
  path: ["system", "df"],
  summary: "Show podwright disk usage",
  description: "Shows what images, containers and volumes take on disk, and how much of it nobody uses.",
  usage: "[options]",
  args: { min: 0, max: 0 },
  flags: {
    format: { type: "string", help: "Pretty-print images using a Go template", complete: ["json"] },
    verbose: { type: "bool", short: "v", help: "Show detailed information on disk usage" },
  },
  examples: ["system df", "system df --verbose", "system df --format json"],
  async run({ flags: { format, verbose }, engine, io }) {
    if (verbose && format !== undefined && format !== "")
      throw new EngineError("CLI_USAGE", "cannot combine --format and --verbose flags");
    const usage = await (await engine.system()).diskUsage();
    if (asksForJson(format)) {
      io.out(`${toGoJson(summaries(usage).map(summaryJson), 4)}\n`);
    } else if (!verbose) {
      const defaultFormat = "table {{.Type}}\t{{.Total}}\t{{.Active}}\t{{.Size}}\t{{.Reclaimable}}";
      printRows(io, summaryRows, summaries(usage), { defaultFormat, format });
    } else {
      io.out("Images space usage:\n\n");
      printRows(io, imageRows(Date.now()), usage.images, { defaultFormat: IMAGES });
      io.out("\nContainers space usage:\n\n");
      printRows(io, containerRows(Date.now()), usage.containers, { defaultFormat: CONTAINERS });
      io.out("\nLocal Volumes space usage:\n\n");
      printRows(io, volumeRows, usage.volumes, { defaultFormat: VOLUMES });
    }
  },
});

const IMAGES =
  "table {{.Repository}}\t{{.Tag}}\t{{.ImageID}}\t{{.Created}}\t{{.Size}}\t{{.SharedSize}}\t{{.UniqueSize}}\t{{.Containers}}";
const CONTAINERS =
  "table {{.ContainerID}}\t{{.Image}}\t{{.Command}}\t{{.LocalVolumes}}\t{{.RWSize}}\t{{.Created}}\t{{.Status}}\t{{.Names}}";
const VOLUMES = "table {{.VolumeName}}\t{{.Links}}\t{{.Size}}";

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

/** As Podman counts: of images what no container needs, of volumes each use. */
function summaries({ imagesSize, images, containers, volumes }: DiskUsage): Summary[] {
  const distinct = [...new Map(images.map((image) => [image.id, image])).values()];
  const used = distinct.filter((image) => image.containers > 0);
  const running = containers.filter(({ status }) => status === "running");
  const idle = containers.filter(({ status }) => status !== "running");
  return [
    {
      type: "Images",
      total: images.length,
      active: used.length,
      size: imagesSize,
      reclaimable: imagesSize - sum(used.map(({ uniqueSize }) => uniqueSize)),
    },
    {
      type: "Containers",
      total: containers.length,
      active: running.length,
      size: sum(containers.map(({ rwSize }) => rwSize)),
      reclaimable: sum(idle.map(({ rwSize }) => rwSize)),
    },
    {
      type: "Local Volumes",
      total: volumes.length,
      active: sum(volumes.map(({ links }) => links)),
      size: sum(volumes.map(({ size }) => size)),
      reclaimable: sum(volumes.map(({ reclaimable }) => reclaimable)),
    },
  ];
}

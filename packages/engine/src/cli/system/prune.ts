/** `system prune`. */
import type { Outcome } from "@podwright/spec/engine-api/common";
import { parseFilters } from "@podwright/spec/values/filter";
import { defineCommand, type Io } from "../frame/command.ts";
import { refuseUnsupported } from "../parse/refused.ts";
import { confirmed } from "../print/confirm.ts";
import { humanSize } from "../print/human.ts";
import { reportOutcomes } from "../print/outcomes.ts";

export const command = defineCommand({
  path: ["system", "prune"],
  summary: "Remove unused data",
  description:
    "Removes pods that have ended, containers that do not run, networks and images that nobody uses and, with --volumes, volumes.",
  usage: "[options]",
  args: { min: 0, max: 0 },
  flags: {
    all: { type: "bool", short: "a", help: "Remove all unused data" },
    build: { type: "bool", help: "Remove build containers", hidden: true },
    external: {
      type: "bool",
      help: "Remove container data in storage not controlled by the engine",
      hidden: true,
    },
    filter: { type: "list", help: "Provide filter values (e.g. 'label=<key>=<value>')", valueName: "filter" },
    force: { type: "bool", short: "f", help: "Do not prompt for confirmation" },
    volumes: { type: "bool", help: "Prune volumes" },
  },
  examples: ["system prune", "system prune --all --volumes --force", "system prune -f --filter until=24h"],
  async run({ flags, engine, io }) {
    refuseUnsupported((["build", "external"] as const).filter((flag) => flags[flag]));
    const { all, volumes } = flags;
    if (!flags.force) {
      io.out(warning(all, volumes));
      if (!(await confirmed(io))) return;
    }
    const filters = parseFilters(flags.filter);
    const report = await (await engine.system()).prune({ all, volumes, filters });
    const status = [
      printKind(io, "Deleted Containers", report.containers),
      printKind(io, "Deleted Pods", report.pods),
      printKind(io, "Deleted Volumes", report.volumes),
      printKind(io, "Deleted Images", report.images),
      printKind(io, "Deleted Networks", report.networks),
    ].find((code) => code !== 0);
    io.out(`Total reclaimed space: ${humanSize(report.reclaimed, "", 4)}\n`);
    return status ?? 0;
  },
});

function warning(all: boolean, volumes: boolean): string {
  const lines = [
    "WARNING! This command removes:",
    "\t- all stopped containers",
    "\t- all networks not used by at least one container",
    ...(volumes ? ["\t- all volumes not used by at least one container"] : []),
    all ? "\t- all images without at least one container associated with them" : "\t- all dangling images",
    all ? "\t- all build cache" : "\t- all dangling build cache",
    "",
    "",
  ];
  return lines.join("\n");
}

function printKind(io: Io, heading: string, outcomes: readonly Outcome[]): number {
  if (outcomes.length > 0) io.out(`${heading}\n`);
  return reportOutcomes(io, outcomes, ({ id, input }) => id ?? input);
}

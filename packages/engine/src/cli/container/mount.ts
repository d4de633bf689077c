/** `mount`: containers' files on the host. */
import type { MountedTree } from "@podwright/spec/engine-api/files";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { defineCommand } from "../frame/command.ts";
import { requireInside } from "../parse/inside-only.ts";
import { reportOutcomes } from "../print/outcomes.ts";
import { type RowSpec, printRows } from "../print/rows.ts";
import { toGoJson } from "../print/json.ts";
import { asksForJson } from "../print/template.ts";
import { latestFlag, selectContainers } from "./selection.ts";

export const command = defineCommand({
  path: ["mount"],
  also: [["container", "mount"]],
  summary: "Mount a working container's root filesystem",
  description:
    "Without an argument, lists the mount points of all mounted containers.\n\n  Else mounts the containers' root filesystems and prints where.",
  usage: "[options] [CONTAINER...]",
  args: { min: 0 },
  argCompletion: "container",
  flags: {
    all: { type: "bool", short: "a", help: "Mount all containers" },
    format: {
      type: "string",
      help: "Print the mounted containers in specified format (json)",
      complete: ["json"],
    },
    latest: latestFlag,
    "no-trunc": { type: "bool", help: "Do not truncate output" },
    notruncate: { type: "bool", help: "Do not truncate output", hidden: true },
  },
  examples: ["mount", "mount ctrID", "mount --all"],
  async run({ flags, args, engine, io, program }) {
    requireInside(program, "mount");
    const { all, latest, format } = flags;
    if (all && latest) throw usage("--all and --latest cannot be used together");
    if (args.length > 0 && all) throw usage("no arguments are needed with --all");
    if (args.length > 0 && latest) throw usage("--latest and containers cannot be used together");
    const files = await engine.files();
    if (args.length > 0 || all || latest) {
      const outcomes = await files.mount(await selectContainers(engine, { args, all, latest }));
      const paths = new Map(outcomes.map(({ input, path = "" }) => [input, path]));
      return reportOutcomes(io, outcomes, ({ input }) => paths.get(input) ?? "");
    }
    const mounted = await files.mounted();
    if (asksForJson(format)) {
      io.out(`${toGoJson(mounted.map(json), 1)}\n`);
      return;
    }
    if (format !== undefined && format !== "")
      throw usage(`unknown --format argument: ${JSON.stringify(format)}`);
    const whole = flags["no-trunc"] || flags.notruncate;
    printRows(io, rows(whole), mounted, { defaultFormat: "table {{.ID}}\t{{.Path}}", noHeading: true });
  },
});

function json({ id, name, path }: MountedTree): object {
  return { id, Names: [name], mountpoint: path };
}

function rows(whole: boolean): RowSpec<MountedTree> {
  return {
    fields: { ID: ({ id }) => (whole ? id : id.slice(0, 12)), Path: ({ path }) => path },
    headers: {},
    json,
    jsonIndent: 1,
  };
}

function usage(message: string): EngineError {
  return new EngineError("CLI_USAGE", message);
}

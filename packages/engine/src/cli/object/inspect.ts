/** `inspect`: an object of any kind by its name or id. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { defineCommand } from "../frame/command.ts";
import type { InspectedKind } from "../print/objects/zero-values.ts";
import { formatFlag, latestFlag, namesOrLatest, newestContainer, newestPod, sizeFlag } from "./flags.ts";
import { inspectAny, inspectAs } from "./lookups.ts";
import { inspectEach } from "./report.ts";

const TYPES = ["image", "container", "pod", "network", "volume", "all"] as const;

export const command = defineCommand({
  path: ["inspect"],
  summary: "Display the configuration of object denoted by ID",
  description:
    "Displays the low-level information on an object identified by name or ID.\n\n  Without --type, containers are looked at first, then images, volumes, networks and pods.",
  usage: "[options] {CONTAINER|IMAGE|POD|NETWORK|VOLUME} [...]",
  args: { min: 0 },
  argCompletion: "container",
  flags: {
    format: formatFlag,
    latest: latestFlag,
    size: sizeFlag,
    type: {
      type: "string",
      short: "t",
      help: "Specify inspect-object type",
      default: "all",
      complete: TYPES,
    },
  },
  examples: ["inspect fedora", "inspect --type image fedora", 'inspect --format "{{.State.Status}}" web'],
  async run({ flags, args, engine, io }) {
    const type = inspectType(flags.type);
    refuseFlags(type, flags);
    const names = await namesOrLatest(args, flags.latest, () =>
      type === "pod" ? newestPod(engine) : newestContainer(engine),
    );
    const options = { size: flags.size };
    return inspectEach(io, names, flags.format, (name) => {
      if (type !== "all") return inspectAs(engine, type, name, options);
      return flags.latest ? inspectAs(engine, "container", name, options) : inspectAny(engine, name, options);
    });
  },
});

function inspectType(text: string): InspectedKind | "all" {
  const type = TYPES.find((name) => name === text);
  if (type !== undefined) return type;
  const known = TYPES.map((name) => JSON.stringify(name));
  throw new EngineError(
    "CLI_USAGE",
    `invalid type ${JSON.stringify(text)}: must be ${known.slice(0, -1).join(", ")}, or ${known.at(-1)}`,
  );
}

function refuseFlags(
  type: InspectedKind | "all",
  flags: { readonly size: boolean; readonly latest: boolean },
): void {
  const refuse = (flag: string): never => {
    throw new EngineError("CLI_USAGE", `${flag} is not supported for type ${JSON.stringify(type)}`);
  };
  if (flags.latest && type !== "all" && type !== "container" && type !== "pod") refuse("latest");
  if (flags.size && type !== "all" && type !== "container") refuse("size");
}

/** `image mount`: images' files on the host. */
import type { MountedImage } from "@podwright/spec/engine-api/images";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { defineCommand } from "../frame/command.ts";
import { requireInside } from "../parse/inside-only.ts";
import { toGoJson } from "../print/json.ts";
import { type RowSpec, printRows } from "../print/rows.ts";
import { asksForJson } from "../print/template.ts";

export const command = defineCommand({
  path: ["image", "mount"],
  summary: "Mount an image's root filesystem",
  description:
    "Mounts images' files, read only, and prints where. They stay until image unmount, or until the image is removed.\n\n  Without an argument, lists the images that are mounted.",
  usage: "[options] [IMAGE...]",
  args: { min: 0 },
  argCompletion: "image",
  flags: {
    all: { type: "bool", short: "a", help: "Mount all images" },
    format: {
      type: "string",
      help: "Print the mounted images in specified format (json)",
      complete: ["json"],
    },
  },
  examples: ["image mount imgID", "image mount imgID1 imgID2 imgID3", "image mount", "image mount --all"],
  async run({ flags: { all, format = "" }, args, engine, io, program }) {
    requireInside(program, "image mount");
    if (args.length > 0 && all)
      throw usage("when using the --all switch, you may not pass any image names or IDs");
    const asJson = asksForJson(format);
    if (format !== "" && !asJson) throw usage(`unknown --format argument: ${JSON.stringify(format)}`);
    const images = await engine.images();
    const mounted =
      all || args.length > 0 ? await images.mount({ names: args, all }) : await images.mounted();
    const [only] = mounted;
    if (asJson) io.out(`${toGoJson(mounted.map(json), 1)}\n`);
    else if (args.length === 1 && only !== undefined) io.out(`${only.path}\n`);
    else printRows(io, ROWS, mounted, { defaultFormat: "table {{.ID}}\t{{.Path}}", noHeading: true });
  },
});

function json({ id, digest, names, path }: MountedImage): object {
  return { id, Names: [digest], Repositories: names, mountpoint: path };
}

const ROWS: RowSpec<MountedImage> = {
  fields: { ID: ({ id, names }) => names[0] ?? id, Path: ({ path }) => path },
  headers: {},
  json,
  jsonIndent: 1,
};

function usage(message: string): EngineError {
  return new EngineError("CLI_USAGE", message);
}

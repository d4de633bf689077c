/** `images`: what is in the store. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { defineCommand } from "../frame/command.ts";
import { printRows } from "../print/rows.ts";
import { asksForJson } from "../print/template.ts";
import { IMAGE_SORTS, imageRowSpec, imageRows, shownId } from "./list-rows.ts";

export const command = defineCommand({
  path: ["images"],
  also: [
    ["image", "list"],
    ["image", "ls"],
  ],
  summary: "List images in local storage",
  description: "Lists images previously pulled to the system or created on the system.",
  usage: "[options] [IMAGE]",
  args: { min: 0, max: 1 },
  argCompletion: "image",
  flags: {
    all: { type: "bool", short: "a", help: "Show all images (default hides intermediate images)" },
    digests: { type: "bool", help: "Show digests" },
    filter: {
      type: "list",
      short: "f",
      help: "Filter output based on conditions provided",
      valueName: "filter",
    },
    format: { type: "string", help: "Change the output format to JSON or a Go template" },
    history: { type: "bool", help: "Display the image name history" },
    "no-trunc": { type: "bool", help: "Do not truncate output" },
    noheading: { type: "bool", short: "n", help: "Do not print column headings" },
    quiet: { type: "bool", short: "q", help: "Display only image IDs" },
    sort: {
      type: "string",
      default: "created",
      help: "Sort by created, id, repository, size, tag",
      complete: Object.keys(IMAGE_SORTS),
    },
  },
  examples: [
    "images",
    "images --digests",
    "images --filter dangling=true",
    "images --format '{{.Repository}}:{{.Tag}}'",
  ],
  async run({ flags, args, engine, io }) {
    const [name] = args;
    if (flags.filter.length > 0 && name !== undefined) {
      throw new EngineError("CLI_USAGE", "cannot specify an image and a filter(s)");
    }
    const order = IMAGE_SORTS[flags.sort];
    if (order === undefined) {
      const known = Object.keys(IMAGE_SORTS).join(", ");
      throw new EngineError(
        "CLI_USAGE",
        `"${flags.sort}" is not a valid field for sorting. Choose from: ${known}`,
      );
    }
    const { parseImageFilters } = await import("../parse/image-filters.ts");
    const options = { all: flags.all, ...(name === undefined ? {} : { name }) };
    const images = await (await engine.images()).list(parseImageFilters(flags.filter), options);
    const rows = imageRows(images).sort(order);
    if (flags.quiet && !asksForJson(flags.format)) {
      for (const id of new Set(rows.map(({ image }) => shownId(image, flags["no-trunc"])))) io.out(`${id}\n`);
      return;
    }
    printRows(io, imageRowSpec(flags["no-trunc"], Date.now()), rows, {
      defaultFormat: defaultFormat(flags),
      format: flags.format,
      noHeading: flags.noheading,
    });
  },
});

function defaultFormat(flags: { readonly digests: boolean; readonly history: boolean }): string {
  const columns = [
    "{{.Repository}}",
    "{{.Tag}}",
    ...(flags.digests ? ["{{.Digest}}"] : []),
    "{{.ID}}",
    "{{.Created}}",
    "{{.Size}}",
    ...(flags.history ? ["{{if .History}}{{.History}}{{else}}<none>{{end}}"] : []),
  ];
  return `table ${columns.join("\t")}`;
}

/** `history`: the steps that an image was made in. */
import type { ImageHistoryLayer } from "@podwright/spec/engine-api/images";
import { rfc3339Nano, ZERO_TIME } from "../../base/go-time.ts";
import { defineCommand } from "../frame/command.ts";
import { humanAgo, humanSize } from "../print/human.ts";
import { type RowSpec, printRows } from "../print/rows.ts";

export const command = defineCommand({
  path: ["history"],
  also: [["image", "history"]],
  summary: "Show history of a specified image",
  description:
    "Displays the history of an image. The information can be printed out in an easy to read,\nJSON or Go template format.",
  usage: "[options] IMAGE",
  args: { min: 1, max: 1 },
  argCompletion: "image",
  flags: {
    format: { type: "string", help: "Change the output to JSON or a Go template" },
    human: {
      type: "bool",
      short: "H",
      default: true,
      help: "Display sizes and dates in human readable format",
    },
    "no-trunc": { type: "bool", help: "Do not truncate the output" },
    quiet: { type: "bool", short: "q", help: "Display the numeric IDs only" },
  },
  examples: ["history quay.io/fedora/fedora", "history --no-trunc --format '{{.CreatedBy}}' nginx"],
  async run({ flags, args: [image = ""], engine, io }) {
    const layers = await (await engine.images()).history(image);
    const spec = historySpec({ human: flags.human, noTrunc: flags["no-trunc"], now: Date.now() });
    const format = flags.format ?? (flags.quiet ? "{{.ID}}" : undefined);
    const defaultFormat = "table {{.ID}}\t{{.Created}}\t{{.CreatedBy}}\t{{.Size}}\t{{.Comment}}";
    printRows(io, spec, layers, { defaultFormat, format });
  },
});

interface Style {
  readonly human: boolean;
  readonly noTrunc: boolean;
  readonly now: number;
}

function historySpec({ human, noTrunc, now }: Style): RowSpec<ImageHistoryLayer> {
  const created = ({ created: at }: ImageHistoryLayer): string => (human ? humanAgo(at, now) : utc(at));
  return {
    fields: {
      ID: ({ id }) => (noTrunc ? id : id.slice(0, 12)),
      Created: created,
      CreatedSince: created,
      CreatedAt: ({ created: at }) => rfc3339Nano(wholeSeconds(at)),
      CreatedBy: ({ createdBy }) => (noTrunc ? createdBy : shorten(createdBy)),
      Size: ({ size }) => humanSize(size),
      Comment: ({ comment }) => comment,
      Tags: ({ tags }) => tags,
    },
    headers: {},
    json: historyJson,
    jsonIndent: 0,
  };
}

/** Both spellings of the date, as Podman's own. */
function historyJson(layer: ImageHistoryLayer): object {
  return {
    id: layer.id,
    created: utc(layer.created, "with fraction"),
    ...(layer.createdBy === "" ? {} : { CreatedBy: layer.createdBy }),
    ...(layer.tags.length === 0 ? {} : { tags: layer.tags }),
    size: layer.size,
    ...(layer.comment === "" ? {} : { comment: layer.comment }),
    Created: utc(layer.created),
  };
}

const MAX_CREATED_BY = 45;

function shorten(text: string): string {
  return text.length > MAX_CREATED_BY ? `${text.slice(0, MAX_CREATED_BY - 3)}...` : text;
}

function wholeSeconds(ms: number): number {
  return Math.floor(ms / 1000) * 1000;
}

function utc(ms: number, precision?: "with fraction"): string {
  if (ms === 0) return ZERO_TIME;
  const text = new Date(ms).toISOString();
  return precision === undefined ? text.replace(/\.\d+Z$/, "Z") : text.replace(/\.?0*Z$/, "Z");
}

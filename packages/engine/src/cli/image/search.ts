/** `search`: images in registries. */
import type { SearchRequest, SearchResult } from "@podwright/spec/engine-api/registries";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { defineCommand } from "../frame/command.ts";
import { checkAuthFile, registryFlags } from "../parse/registry.ts";
import { printRows, type RowSpec } from "../print/rows.ts";

/** Characters of a description that a table shows. */
const DESCRIPTION_LENGTH = 44;

const { authfile, creds, "cert-dir": certDir, "tls-verify": tlsVerify } = registryFlags;

export const command = defineCommand({
  path: ["search"],
  also: [["image", "search"]],
  summary: "Search registry for image",
  description:
    "Search registries for a given image. Can search all the default registries or a specific registry.\n\nUsers can limit the number of results, and filter the output based on certain conditions.",
  usage: "[options] TERM",
  args: { min: 1, max: 1 },
  argCompletion: "none",
  flags: {
    authfile,
    "cert-dir": certDir,
    compatible: {
      type: "bool",
      help: "List stars, official and automated columns (Docker compatibility)",
    },
    creds,
    filter: { type: "list", short: "f", help: "Filter output based on conditions provided" },
    format: { type: "string", help: "Change the output format to JSON or a Go template" },
    limit: { type: "int", help: "Limit the number of results" },
    "list-tags": { type: "bool", help: "List the tags of the input registry" },
    "no-trunc": { type: "bool", help: "Do not truncate the output" },
    "tls-verify": tlsVerify,
  },
  examples: [
    "search --filter=is-official --limit 3 alpine",
    "search registry.fedoraproject.org/",
    'search --format "table {{.Index}} {{.Name}}" registry.fedoraproject.org/fedora',
  ],
  async run({ flags, args, engine, io }) {
    const [term = ""] = args;
    if (flags["list-tags"] && flags.filter.length > 0)
      throw usage("filters are not applicable to list tags result");
    if (flags.authfile !== undefined) checkAuthFile(flags.authfile);
    const request = requestOf(term, flags);
    const registries = await engine.registries();
    const signal = io.interruptible();
    const { format } = flags;
    if (flags["list-tags"]) {
      const { name, tags } = await registries.listTags(request, signal);
      if (format === "json") {
        io.out(`${JSON.stringify([{ Name: name, Tags: tags }], undefined, 4)}\n`);
        return;
      }
      const rows = tags.map((tag) => ({ ...EMPTY, index: name.split("/")[0] ?? "", name, tag }));
      if (rows.length === 0) return;
      printRows(io, specFor({ noTrunc: true }), rows, { defaultFormat: "table {{.Name}}\t{{.Tag}}", format });
      return;
    }
    const found = (await registries.search(request, signal)).map((result) => ({ ...result, tag: "" }));
    if (found.length === 0) return;
    const more = flags.compatible ? "\t{{.Stars}}\t{{.Official}}\t{{.Automated}}" : "";
    const defaultFormat = `table {{.Name}}\t{{.Description}}${more}`;
    printRows(io, specFor({ noTrunc: flags["no-trunc"] }), found, { defaultFormat, format });
  },
});

interface Row extends SearchResult {
  readonly tag: string;
}

const EMPTY = { description: "", stars: 0, official: false, automated: false };

interface SearchFlags {
  readonly authfile: string | undefined;
  readonly creds: string | undefined;
  readonly "cert-dir": string | undefined;
  readonly "tls-verify": boolean | undefined;
  readonly filter: readonly string[];
  readonly limit: number | undefined;
}

function requestOf(term: string, flags: SearchFlags): SearchRequest {
  if ((flags.limit ?? 0) < 0) throw usage(`invalid limit ${flags.limit}`);
  return {
    term,
    filters: filtersOf(flags.filter),
    ...(flags.limit === undefined ? {} : { limit: flags.limit }),
    ...(flags.authfile === undefined ? {} : { authFile: flags.authfile }),
    ...(flags.creds === undefined ? {} : { creds: flags.creds }),
    ...(flags["cert-dir"] === undefined ? {} : { certDir: flags["cert-dir"] }),
    ...(flags["tls-verify"] === undefined ? {} : { tlsVerify: flags["tls-verify"] }),
  };
}

/** `stars=3`, `is-official`, `is-automated=false` */
function filtersOf(filters: readonly string[]): Record<string, string[]> {
  const result: Record<string, string[]> = {};
  for (const filter of filters) {
    const [key = "", ...value] = filter.split("=");
    (result[key] ??= []).push(value.join("="));
  }
  return result;
}

const mark = (yes: boolean): string => (yes ? "[OK]" : "");

function specFor({ noTrunc }: { readonly noTrunc: boolean }): RowSpec<Row> {
  return {
    fields: {
      Index: ({ index }) => index,
      Name: ({ name }) => name,
      Description: ({ description }) => (noTrunc ? description : shortened(description)),
      Stars: ({ stars }) => stars,
      Official: ({ official }) => mark(official),
      Automated: ({ automated }) => mark(automated),
      Tag: ({ tag }) => tag,
    },
    headers: {},
    json: ({ index, name, description, stars, official, automated, tag }) => ({
      Index: index,
      Name: name,
      Description: description,
      Stars: stars,
      Official: mark(official),
      Automated: mark(automated),
      Tag: tag,
    }),
    jsonIndent: 4,
  };
}

function shortened(text: string): string {
  return text.length > DESCRIPTION_LENGTH ? `${text.slice(0, DESCRIPTION_LENGTH).trim()}...` : text;
}

function usage(message: string): EngineError {
  return new EngineError("CLI_USAGE", message);
}

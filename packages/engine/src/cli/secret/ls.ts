/** `secret ls`. */
import type { SecretInfo } from "@podwright/spec/engine-api/secrets";
import { parseFilters } from "@podwright/spec/values/filter";
import { defineCommand } from "../frame/command.ts";
import { humanAgo } from "../print/human.ts";
import { printRows, type RowSpec } from "../print/rows.ts";

function rowsAt(now: number): RowSpec<SecretInfo> {
  const fields = {
    ID: (secret: SecretInfo) => secret.id,
    Name: (secret: SecretInfo) => secret.name,
    Driver: (secret: SecretInfo) => secret.driver,
    CreatedAt: (secret: SecretInfo) => humanAgo(secret.created, now),
    UpdatedAt: (secret: SecretInfo) => humanAgo(secret.updated, now),
  };
  return {
    fields,
    headers: { CreatedAt: "created", UpdatedAt: "updated" },
    json: (secret) => Object.fromEntries(Object.entries(fields).map(([name, read]) => [name, read(secret)])),
    jsonIndent: 4,
  };
}

export const command = defineCommand({
  path: ["secret", "ls"],
  also: [["secret", "list"]],
  summary: "List secrets",
  usage: "[options]",
  args: { min: 0, max: 0 },
  flags: {
    filter: { type: "list", short: "f", help: "Filter secret output", valueName: "filter" },
    format: { type: "string", help: "Format secret output using Go template" },
    noheading: { type: "bool", short: "n", help: "Do not print headers" },
    quiet: { type: "bool", short: "q", help: "Print secret IDs only" },
  },
  examples: ["secret ls", "secret ls --filter name=^db"],
  async run({ flags, given, engine, io }) {
    const secrets = await (await engine.secrets()).list(parseFilters(flags.filter));
    if (flags.quiet && !given("format")) {
      for (const { id } of secrets) io.out(`${id}\n`);
      return;
    }
    printRows(io, rowsAt(Date.now()), secrets, {
      defaultFormat: "table {{.ID}}\t{{.Name}}\t{{.Driver}}\t{{.CreatedAt}}\t{{.UpdatedAt}}",
      format: flags.format,
      noHeading: flags.noheading,
    });
  },
});

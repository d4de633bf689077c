/** `info`: the host and the store, as YAML, as JSON or by a template. */
import type { SystemInfo } from "@podwright/spec/engine-api/system";
import { defineCommand } from "../frame/command.ts";
import { toGoJson } from "../print/json.ts";
import { asksForJson, compileTemplate } from "../print/template.ts";

export const command = defineCommand({
  path: ["info"],
  also: [["system", "info"]],
  summary: "Display podwright system information",
  description:
    "Display information pertaining to the host, current storage stats, and build of podwright.\n\n  Useful for the user and when reporting issues. Under host.parts stands what the engine needs and whether it was found.",
  usage: "[options]",
  args: { min: 0, max: 0 },
  flags: {
    format: {
      type: "string",
      short: "f",
      help: "Change the output format to JSON or a Go template",
    },
  },
  examples: ["info", "info --format json", 'info --format "{{.Host.OCIRuntime.Name}}"'],
  async run({ flags, engine, io }) {
    const { format } = flags;
    const info = await (await engine.system()).info();
    if (asksForJson(format)) {
      io.out(`${toGoJson(info, 2)}\n`);
    } else if (format !== undefined && format !== "") {
      io.out(compileTemplate(format, "info")(withGoNames(info)));
    } else {
      io.out(`${await toYaml(info)}\n`);
    }
  },
});

/** Keys sorted, sequences not indented: as Podman's YAML. */
async function toYaml(info: SystemInfo): Promise<string> {
  const { stringify } = await import("yaml");
  const plain: unknown = JSON.parse(toGoJson(info));
  return stringify(plain, { sortMapEntries: true, indentSeq: false, lineWidth: 0, singleQuote: true });
}

/** Fields whose name in a template is not that of the JSON key in other letters. */
function withGoNames(info: SystemInfo): SystemInfo {
  const host = asObject(info["host"]);
  const security = asObject(host["security"]);
  return {
    ...info,
    host: {
      ...host,
      CgroupsVersion: host["cgroupVersion"],
      security: { ...security, DefaultCapabilities: security["capabilities"] },
    },
  };
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

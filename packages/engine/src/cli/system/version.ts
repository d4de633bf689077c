/** `version`: what this build is, in Podman's shape. */
import { buildCommit, buildTime, PODMAN_API_VERSION, VERSION } from "../../base/version.ts";
import { defineCommand } from "../frame/command.ts";
import { ansicUtc } from "../print/go-time.ts";
import { toGoJson } from "../print/json.ts";
import { alignColumns } from "../print/table.ts";
import { asksForJson, compileTemplate } from "../print/template.ts";

const TEMPLATE = String.raw`{{with .Client -}}
Client:\tPodwright Engine
Version:\t{{.Version}}
API Version:\t{{.APIVersion}}
Bun Version:\t{{slice .GoVersion 3}}
{{if .GitCommit -}}Git Commit:\t{{.GitCommit}}\n{{end -}}
Built:\t{{.BuiltTime}}
OS/Arch:\t{{.OsArch}}
{{- end}}
`;

export const command = defineCommand({
  path: ["version"],
  summary: "Display the version information",
  usage: "",
  args: { min: 0, max: 0 },
  flags: {
    format: {
      type: "string",
      short: "f",
      help: "Change the output format to JSON or a Go template",
      complete: ["json"],
    },
  },
  examples: ["version", "version --format json", "version --format '{{.Client.Version}}'"],
  run: async ({ flags, io }) => {
    const versions = { Client: clientVersion() };
    if (asksForJson(flags.format)) {
      io.out(`${toGoJson(versions)}\n`);
      return;
    }
    if (flags.format) {
      // There is no server to ask: what scripts want of it is what they get of the client.
      const format = flags.format.replaceAll(".Server.", ".Client.");
      io.out(compileTemplate(format, "version")(versions));
      return;
    }
    io.out(alignColumns(compileTemplate(TEMPLATE, "version")(versions)));
  },
});

/** Podman's fields; the runtime stands where Podman has Go. */
function clientVersion(): Readonly<Record<string, string | number>> {
  const built = buildTime();
  return {
    APIVersion: PODMAN_API_VERSION,
    Version: VERSION,
    GoVersion: `bun${Bun.version}`,
    GitCommit: buildCommit(),
    BuiltTime: ansicUtc(new Date(built * 1000)),
    Built: built,
    OsArch: `linux/${process.arch === "x64" ? "amd64" : process.arch}`,
    Os: "linux",
  };
}

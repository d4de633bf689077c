/** `secret inspect`: the bytes themselves only when asked for. */
import type { SecretsApi } from "@podwright/spec/engine-api/secrets";
import { EngineError, isEngineError } from "@podwright/spec/errors/engine-error";
import { defineCommand } from "../frame/command.ts";
import { toGoJson } from "../print/json.ts";
import { secretInspectJson, type SecretJson } from "../print/objects/secret.ts";
import { asksForJson, compileTemplate, implyRange } from "../print/template.ts";

const INDENT = 4;

const PRETTY = `ID:              {{.ID}}
Name:            {{.Spec.Name}}
{{- if .Spec.Labels }}
Labels:
{{- range $key, $value := .Spec.Labels }}
 - {{ $key }}{{ if $value }}={{ $value }}{{ end }}
{{- end }}{{ end }}
Driver:          {{.Spec.Driver.Name}}
Created at:      {{.CreatedAt}}
Updated at:      {{.UpdatedAt}}
`;

export const command = defineCommand({
  path: ["secret", "inspect"],
  summary: "Inspect a secret",
  description: "Display detail information on one or more secrets",
  usage: "[options] SECRET [SECRET...]",
  args: { min: 1 },
  flags: {
    format: { type: "string", short: "f", help: "Format inspect output using Go template" },
    pretty: { type: "bool", help: "Print inspect output in human-readable format" },
    showsecret: { type: "bool", help: "Display the secret" },
  },
  examples: ["secret inspect MYSECRET", "secret inspect --showsecret MYSECRET"],
  async run({ flags, args, engine, io }) {
    const secrets = await engine.secrets();
    const found: SecretJson[] = [];
    const missing: EngineError[] = [];
    for (const name of args) {
      try {
        found.push(await inspectOne(secrets, name, flags.showsecret));
      } catch (error) {
        if (!isEngineError(error, "SECRET_NOT_FOUND")) throw error;
        missing.push(error);
      }
    }
    const format = flags.pretty ? PRETTY : flags.format;
    if (format === undefined || format === "" || asksForJson(format)) {
      io.out(`${toGoJson(found, INDENT)}\n`);
    } else {
      io.out(compileTemplate(implyRange(format.endsWith("\n") ? format : `${format}\n`), "inspect")(found));
    }
    const [first, ...others] = missing;
    for (const error of others) io.err(`error inspecting secret: ${error.message}\n`);
    if (first === undefined) return;
    throw new EngineError(first.code, `inspecting secret: ${first.message}`, { cause: first });
  },
});

async function inspectOne(secrets: SecretsApi, name: string, show: boolean): Promise<SecretJson> {
  const info = await secrets.inspect(name);
  return secretInspectJson(info, show ? await secrets.read(info.id) : undefined);
}

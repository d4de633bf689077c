/** `secret create`: from a file, standard input or the environment. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { defineCommand, type Io } from "../frame/command.ts";
import { readInput } from "../frame/standard-input.ts";
import { keyValue, parseLabels } from "../parse/labels.ts";
import { readBytes } from "../parse/line-file.ts";

export const command = defineCommand({
  path: ["secret", "create"],
  summary: "Create a new secret",
  description:
    'Create a secret. Input can be a path to a file or "-" (read from stdin). The secret driver is "file".',
  usage: "[options] NAME FILE|-",
  args: { min: 2, max: 2 },
  flags: {
    driver: { type: "string", short: "d", help: "Specify secret driver", default: "file" },
    "driver-opts": { type: "csv", help: "Specify driver specific options", valueName: "stringToString" },
    env: { type: "bool", help: "Read secret data from environment variable" },
    ignore: {
      type: "bool",
      help: "If a secret with the same name exists, ignore and do not create a new secret",
    },
    label: { type: "list", short: "l", help: "Specify labels on the secret", valueName: "KEY=VALUE" },
    replace: { type: "bool", help: "If a secret with the same name exists, replace it" },
  },
  examples: ["secret create mysecret /path/to/secret", "secret create --env mysecret VARIABLE"],
  async run({ flags, args, engine, io, env }) {
    const [name = "", source = ""] = args;
    if (flags.ignore && flags.replace) {
      throw new EngineError("CLI_USAGE", "cannot use --ignore and --replace flags together");
    }
    const secret = await (await engine.secrets()).create({
      name,
      data: flags.env ? fromEnvironment(env[source], source) : await fromFile(io, source),
      labels: parseLabels({ label: flags.label }),
      driver: flags.driver,
      driverOptions: parseOptions(flags["driver-opts"]),
      replace: flags.replace,
      ignore: flags.ignore,
    });
    io.out(`${secret.id}\n`);
  },
});

function fromEnvironment(value: string | undefined, variable: string): Uint8Array {
  if (value === undefined || value === "") {
    throw new EngineError(
      "VALUE_INVALID",
      `cannot create store secret data: environment variable ${variable} is not set`,
    );
  }
  return new TextEncoder().encode(value);
}

async function fromFile(io: Io, path: string): Promise<Uint8Array> {
  if (path !== "-" && path !== "/dev/stdin") return readBytes(path);
  if (io.stdinIsTty) throw new EngineError("CLI_USAGE", "if `-` is used, data must be passed into stdin");
  const chunks: Uint8Array[] = [];
  for await (const chunk of readInput()) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function parseOptions(values: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    values.map((text) => {
      const [key, value] = keyValue(text);
      if (value === undefined) throw new EngineError("CLI_USAGE", `${text} must be formatted as key=value`);
      return [key, value];
    }),
  );
}

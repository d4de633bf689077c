/** `volume create`. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { defineCommand } from "../frame/command.ts";
import { keyValue, parseLabels } from "../parse/labels.ts";

export const command = defineCommand({
  path: ["volume", "create"],
  summary: "Create a new volume",
  description:
    'If using the default driver, "local", the volume will be created on the host in the volumes directory under container storage.',
  usage: "[options] [NAME]",
  args: { min: 0, max: 1 },
  flags: {
    driver: { type: "string", short: "d", help: "Specify volume driver name", default: "local" },
    gid: { type: "int", help: "Set the group that owns the volume" },
    ignore: { type: "bool", help: "Don't fail if volume already exists" },
    label: { type: "list", short: "l", help: "Set metadata for a volume", valueName: "KEY=VALUE" },
    opt: { type: "list", short: "o", help: "Set driver specific options", valueName: "KEY=VALUE" },
    uid: { type: "int", help: "Set the user that owns the volume" },
  },
  examples: ["volume create myvol", "volume create", "volume create --label foo=bar myvol"],
  async run({ flags, args, engine, io }) {
    const volumes = await engine.volumes();
    const volume = await volumes.create({
      ...(args[0] === undefined ? {} : { name: args[0] }),
      driver: flags.driver,
      labels: parseLabels({ label: flags.label }),
      options: parseOptions(flags.opt),
      ...(flags.uid === undefined ? {} : { uid: flags.uid }),
      ...(flags.gid === undefined ? {} : { gid: flags.gid }),
      ignore: flags.ignore,
    });
    io.out(`${volume.name}\n`);
  },
});

function parseOptions(values: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    values.map((text) => {
      const [key, value = ""] = keyValue(text);
      if (key === "") {
        throw new EngineError(
          "VALUE_INVALID",
          `unable to process options: invalid option format: ${JSON.stringify(text)}`,
        );
      }
      return [key, value];
    }),
  );
}

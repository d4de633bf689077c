/** `volume mount`: where a volume's files are on the host; a volume of the driver "local" always is there. */
import { defineCommand } from "../frame/command.ts";
import { requireInside } from "../parse/inside-only.ts";

export const command = defineCommand({
  path: ["volume", "mount"],
  summary: "Mount volume",
  description: "Prints the directory of the host that holds the files of a volume.",
  usage: "NAME",
  args: { min: 1, max: 1 },
  argCompletion: "volume",
  flags: {},
  examples: ["volume mount myvol"],
  async run({ args: [name = ""], engine, io, program }) {
    requireInside(program, "volume mount");
    const { mountpoint } = await (await engine.volumes()).inspect(name);
    io.out(`${mountpoint}\n`);
  },
});

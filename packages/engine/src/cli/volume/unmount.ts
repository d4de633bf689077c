/** `volume unmount`: ends a use that `volume mount` has begun; what a volume of the driver "local" holds stays there. */
import { defineCommand } from "../frame/command.ts";

export const command = defineCommand({
  path: ["volume", "unmount"],
  summary: "Unmount volume",
  description: "Prints the name of the volume. Its directory stays where it is: nothing was mounted for it.",
  usage: "NAME",
  args: { min: 1, max: 1 },
  argCompletion: "volume",
  flags: {},
  examples: ["volume unmount myvol"],
  async run({ args: [name = ""], engine, io }) {
    await (await engine.volumes()).inspect(name);
    io.out(`${name}\n`);
  },
});

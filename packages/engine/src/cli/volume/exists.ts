/** `volume exists`: the exit status is the answer. */
import { defineCommand } from "../frame/command.ts";

export const command = defineCommand({
  path: ["volume", "exists"],
  summary: "Check if volume exists",
  description:
    "If the given volume exists, podwright volume exists exits with 0, otherwise the exit code will be 1.",
  usage: "VOLUME",
  args: { min: 1, max: 1 },
  argCompletion: "volume",
  flags: {},
  examples: ["volume exists myvol"],
  async run({ args, engine }) {
    return (await (await engine.volumes()).exists(args[0] ?? "")) ? 0 : 1;
  },
});

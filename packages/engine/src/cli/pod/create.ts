/** `pod create`: prints the id of the new pod. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { writeFileSync } from "node:fs";
import { defineCommand } from "../frame/command.ts";
import { podCreateFlags, podRequest } from "./create-flags.ts";

export const command = defineCommand({
  path: ["pod", "create"],
  summary: "Create a new empty pod",
  description:
    "After creating the pod, the pod ID is printed to stdout.\n\n  You can then start it at any time with the pod start command, and add containers to it with run --pod or create --pod.",
  usage: "[options] [NAME]",
  args: { min: 0, max: 1 },
  flags: podCreateFlags,
  examples: ["pod create --name web -p 8080:80", "pod create --share net,pid mypod"],
  async run({ flags, args, argv, given, engine, io }) {
    const [positional] = args;
    if (positional !== undefined && flags.name !== undefined) {
      throw new EngineError("CLI_USAGE", "cannot set a pod's name by flag and argument at the same time");
    }
    const request = podRequest({ flags, name: flags.name ?? positional, argv, given });
    const { id, warnings } = await (await engine.pods()).create(request);
    for (const warning of warnings) io.err(`${warning}\n`);
    const file = flags["pod-id-file"];
    if (file !== undefined) writeFileSync(file, id);
    io.out(`${id}\n`);
  },
});

/** `create`: makes a container without starting it, and prints its id. */
import { type Command, defineCommand } from "../frame/command.ts";
import { pullReporter } from "../print/pull-progress.ts";
import { createFlags, requestFromFlags } from "./create-flags.ts";

export const command: Command<typeof createFlags> = defineCommand({
  path: ["create"],
  also: [["container", "create"]],
  summary: "Create but do not start a container",
  description:
    "Creates a writable container from the image and prepares it for the command. The container ID is printed. " +
    "Start it at any time with the start command; it then stays in the state created until it is started.",
  usage: "[options] IMAGE [COMMAND [ARG...]]",
  args: { min: 1 },
  argCompletion: "image",
  flags: createFlags,
  stopAtFirstArg: true,
  examples: [
    "create alpine ls",
    "create --annotation HELLO=WORLD alpine ls",
    "create -t -i --name myctr alpine ls",
  ],
  run: async (invocation) => {
    const { engine, io, flags } = invocation;
    const containers = await engine.containers();
    const progress = pullReporter(io, flags.quiet);
    const made = await containers.create(requestFromFlags(invocation), progress, io.interruptible());
    for (const warning of made.warnings) io.err(`${warning}\n`);
    io.out(`${made.id}\n`);
  },
});

/** `create`: makes a container without starting it, and prints its id. */
import type { ContainerRequest, InitKind } from "@podwright/spec/engine-api/containers";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { type Command, defineCommand, type Invocation } from "../frame/command.ts";
import { pullReporter } from "../print/pull-progress.ts";
import { createFlags, createOnlyFlags, requestFromFlags } from "./create-flags.ts";
import { isPassthrough, refusePassedTerminal } from "./create-values.ts";

const allFlags = { ...createFlags, ...createOnlyFlags };
type AllFlags = typeof allFlags;

export const command: Command<AllFlags> = defineCommand({
  path: ["create"],
  also: [["container", "create"]],
  summary: "Create but do not start a container",
  description:
    "Creates a writable container from the image and prepares it for the command. The container ID is printed. " +
    "Start it at any time with the start command; it then stays in the state created until it is started.",
  usage: "[options] IMAGE [COMMAND [ARG...]]",
  args: { min: 1 },
  argCompletion: "image",
  flags: allFlags,
  stopAtFirstArg: true,
  examples: [
    "create alpine ls",
    "create --annotation HELLO=WORLD alpine ls",
    "create -t -i --name myctr alpine ls",
  ],
  run: async (invocation) => {
    const { engine, io, flags } = invocation;
    refusePassedTerminal(flags["log-driver"], io);
    const containers = await engine.containers();
    const progress = pullReporter(io, flags.quiet);
    const request: ContainerRequest = { ...requestFromFlags(invocation), ...initContainer(invocation) };
    const made = await containers.create(request, progress, io.interruptible());
    for (const warning of made.warnings) io.err(`${warning}\n`);
    if (!isPassthrough(request.logDriver)) io.out(`${made.id}\n`);
  },
});

function initContainer({ flags, given }: Pick<Invocation<AllFlags>, "flags" | "given">): {
  readonly initContainer?: InitKind;
} {
  if (!given("init-ctr")) return {};
  if (!given("pod")) throw new EngineError("CLI_USAGE", "must specify pod value with init-ctr");
  const kind = flags["init-ctr"];
  if (kind === "always" || kind === "once") return { initContainer: kind };
  throw new EngineError("CLI_USAGE", "init-ctr value must be 'always' or 'once'");
}

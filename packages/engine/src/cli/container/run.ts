/** `run`: makes a container, starts it, and stays with it unless it is detached. */
import type { ContainerRequest, StartOptions } from "@podwright/spec/engine-api/containers";
import type { Engine } from "@podwright/spec/engine-api/engine";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { type Command, defineCommand, type Invocation } from "../frame/command.ts";
import { pullReporter } from "../print/pull-progress.ts";
import { createFlags, requestFromFlags, runOnlyFlags } from "./create-flags.ts";
import { isPassthrough, refusePassedTerminal } from "./create-values.ts";
import { inForeground } from "./foreground.ts";
import { preservedDescriptors } from "./preserved-descriptors.ts";

const allFlags = { ...createFlags, ...runOnlyFlags };
type RunFlags = typeof allFlags;

export const command: Command<RunFlags> = defineCommand({
  path: ["run"],
  also: [["container", "run"]],
  summary: "Run a command in a new container",
  description: "Runs a command in a new container from the given image.",
  usage: "[options] IMAGE [COMMAND [ARG...]]",
  args: { min: 1 },
  argCompletion: "image",
  flags: allFlags,
  stopAtFirstArg: true,
  examples: [
    "run imageID ls -alF /etc",
    "run --network=host imageID dnf -y install java",
    "run --volume /var/hostdir:/var/ctrdir -i -t fedora /bin/bash",
  ],
  run: async (invocation) => {
    const { io, log, engine } = invocation;
    refuseConflicts(invocation);
    const options = preservedDescriptors(invocation.flags["preserve-fds"]);
    refusePassedTerminal(invocation.flags["log-driver"], io);
    const request = { ...requestFromFlags(invocation, { passwd: invocation.flags.passwd }), startsNow: true };
    if (request.tty && request.openStdin && !io.stdinIsTty) {
      log.warn("The input device is not a TTY. The --tty and --interactive flags might not work properly");
    }
    const containers = await engine.containers();
    const progress = pullReporter(io, invocation.flags.quiet);
    const made = await containers.create(request, progress, io.interruptible());
    for (const warning of made.warnings) io.err(`${warning}\n`);
    try {
      return await startMade(invocation, request, { id: made.id, options });
    } catch (error) {
      await removeNewPod(engine, request);
      throw error;
    }
  },
});

async function startMade(
  { flags, engine, io }: Invocation<RunFlags>,
  request: ContainerRequest,
  { id, options }: { readonly id: string; readonly options: StartOptions },
): Promise<number> {
  const containers = await engine.containers();
  if (flags.detach) {
    const [outcome] = await containers.start({ names: [id], all: false }, options);
    if (outcome?.error !== undefined) throw outcome.error;
    // Standard output is the container's own.
    if (!isPassthrough(request.logDriver)) io.out(`${id}\n`);
    return 0;
  }
  const attach = request.attach?.map((stream) => stream.toLowerCase());
  const foreground = {
    container: id,
    tty: request.tty,
    stdin: request.openStdin && (attach?.includes("stdin") ?? true),
    stdout: attach?.includes("stdout") ?? true,
    stderr: attach?.includes("stderr") ?? true,
    sigProxy: flags["sig-proxy"],
    detachKeys: flags["detach-keys"],
  };
  // Nothing of the container's is shown: what it is called is.
  if (!foreground.stdout && !foreground.stderr) io.out(`${id}\n`);
  return inForeground({ engine, io }, foreground, (streams, signal) =>
    containers.startAttached(id, streams, { signal, ...options }),
  );
}

/** `--pod new:NAME` made the pod for this container alone. */
async function removeNewPod(engine: Engine, { pod }: ContainerRequest): Promise<void> {
  if (pod?.kind !== "new") return;
  const pods = await engine.pods();
  await pods.remove({ names: [pod.name], all: false }, { force: true, ignore: true, timeout: 0 });
}

function refuseConflicts({ flags, given }: Invocation<RunFlags>): void {
  const { "log-driver": driver } = flags;
  if (isPassthrough(driver) && given("attach")) {
    throw new EngineError(
      "CLI_USAGE",
      `cannot specify --attach with --log-driver=${driver}: invalid argument`,
    );
  }
  if (flags.detach && given("attach")) {
    throw new EngineError("CLI_USAGE", "conflicting options: -a and -d");
  }
}

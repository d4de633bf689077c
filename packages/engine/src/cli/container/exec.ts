/** `exec`: runs a further process in a running container. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { defineCommand } from "../frame/command.ts";
import { parseEnvironment } from "../parse/environment.ts";
import { detachKeysFlag, inForeground } from "./foreground.ts";
import { preservedDescriptors, preserveFdsFlag } from "./preserved-descriptors.ts";
import { cidfileFlag, latestFlag, oneContainer } from "./selection.ts";

export const command = defineCommand({
  path: ["exec"],
  also: [["container", "exec"]],
  summary: "Run a process in a running container",
  description: "Execute the specified command inside a running container.",
  usage: "[options] CONTAINER COMMAND [ARG...]",
  args: { min: 0 },
  argCompletion: "running-container",
  stopAtFirstArg: true,
  flags: {
    cidfile: cidfileFlag,
    detach: { type: "bool", short: "d", help: "Run the exec session in detached mode (backgrounded)" },
    "detach-keys": detachKeysFlag,
    env: {
      type: "list",
      short: "e",
      help: "Set environment variables",
      valueName: "NAME[=VALUE]",
      complete: "none",
    },
    "env-file": {
      type: "list",
      help: "Read in a file of environment variables",
      valueName: "FILE",
      complete: "file",
    },
    interactive: { type: "bool", short: "i", help: "Make STDIN available to the contained process" },
    latest: latestFlag,
    "preserve-fds": preserveFdsFlag,
    privileged: {
      type: "bool",
      help: "Give the process extended Linux capabilities inside the container",
    },
    tty: { type: "bool", short: "t", help: "Allocate a pseudo-TTY" },
    user: {
      type: "string",
      short: "u",
      help: "Sets the username or UID used and optionally the groupname or GID for the specified command",
      valueName: "user[:group]",
      complete: "none",
    },
    workdir: { type: "string", short: "w", help: "Working directory inside the container", complete: "none" },
  },
  examples: ["exec -it ctrID ls", "exec -it -w /tmp myCtr pwd", "exec --user root ctrID ls"],
  async run({ flags, args, engine, io, env }) {
    const preserved = preservedDescriptors(flags["preserve-fds"]);
    const named = !flags.latest && flags.cidfile.length === 0;
    if (named && args.length === 0) {
      throw new EngineError(
        "CLI_USAGE",
        "exec requires the name or ID of a container or the --latest or --cidfile flag",
      );
    }
    const choice = { args: named ? args.slice(0, 1) : [], latest: flags.latest, cidfiles: flags.cidfile };
    const container = await oneContainer(engine, choice);
    const request = {
      command: named ? args.slice(1) : args,
      env: parseEnvironment({ env: flags.env, "env-file": flags["env-file"], "env-host": false }, env),
      tty: flags.tty,
      interactive: flags.interactive,
      privileged: flags.privileged,
      ...preserved,
      ...(flags.workdir === undefined ? {} : { workdir: flags.workdir }),
      ...(flags.user === undefined ? {} : { user: flags.user }),
    };
    const containers = await engine.containers();
    if (flags.detach) {
      io.out(`${await containers.execDetached(container, request)}\n`);
      return 0;
    }
    if (!flags.tty) return containers.exec(container, request);
    const foreground = {
      container,
      tty: true,
      stdin: flags.interactive,
      stdout: true,
      stderr: true,
      // Signals are the session's, which gets them through its terminal; the container's init is not meant.
      sigProxy: false,
      detachKeys: flags["detach-keys"],
    };
    return inForeground({ engine, io }, foreground, (streams, signal) =>
      containers.execAttached(container, request, streams, signal),
    );
  },
});

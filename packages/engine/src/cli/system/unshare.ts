/** `unshare`: a command inside the user's namespaces, where the ids of containers' files are as containers see them. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { defineCommand } from "../frame/command.ts";

export const command = defineCommand({
  path: ["unshare"],
  summary: "Run a command in a modified user namespace",
  description:
    "Runs a command in the user and mount namespace in which an ordinary user's containers and images are.",
  usage: "[options] [COMMAND [ARG...]]",
  args: { min: 0 },
  stopAtFirstArg: true,
  flags: {
    "rootless-netns": {
      type: "bool",
      help: "Join the rootless network namespace used for networks with names",
    },
  },
  examples: ["unshare id", "unshare cat /proc/self/uid_map", "unshare rm -rf ~/volume-of-a-container"],
  async run({ flags, args, engine, env }) {
    const shell = env["SHELL"] ?? "";
    if (args.length === 0 && shell === "") {
      throw new EngineError("CLI_USAGE", "no command specified and no $SHELL specified");
    }
    const argv = args.length === 0 ? [shell] : args;
    const system = await engine.system();
    if (flags["rootless-netns"]) return await system.unshareNetwork(argv);
    return await system.unshare(argv);
  },
});

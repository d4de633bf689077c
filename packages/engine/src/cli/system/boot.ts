/** `system boot`: after a reboot, what ran before comes back. */
import { defineCommand } from "../frame/command.ts";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { reportOutcomes } from "../print/outcomes.ts";

export const command = defineCommand({
  path: ["system", "boot"],
  summary: "Start the pods and containers that ran before the machine went down",
  description:
    "Start the pods and containers that ran before the machine went down\n\n  Those with the restart policy always, and those with unless-stopped that nobody has stopped. Hooked into systemd, OpenRC or cron with --install, it runs when the machine comes up.",
  usage: "[options]",
  args: { min: 0, max: 0 },
  flags: {
    install: { type: "bool", help: "Have it run when the machine comes up" },
    uninstall: { type: "bool", help: "No longer have it run when the machine comes up" },
    print: { type: "bool", help: "Show what --install would write" },
  },
  examples: ["system boot", "system boot --install", "system boot --print"],
  async run({ flags, engine, io }) {
    const actions = (["install", "uninstall", "print"] as const).filter((flag) => flags[flag]);
    const [action, other] = actions;
    if (other !== undefined) {
      throw new EngineError("CLI_USAGE", `--${action} and --${other} cannot be set together`);
    }
    const system = await engine.system();
    if (action === undefined) return reportOutcomes(io, await system.boot(), ({ id, input }) => id ?? input);
    const lines = await system.bootHook(action === "print" ? "show" : action);
    for (const line of lines) io.out(`${line}\n`);
    return 0;
  },
});

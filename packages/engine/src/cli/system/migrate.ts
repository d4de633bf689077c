/** `system migrate`. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { defineCommand } from "../frame/command.ts";

export const command = defineCommand({
  path: ["system", "migrate"],
  summary: "Migrate containers",
  description:
    "Stops all running containers, so that they start anew with what has changed on the host.\n\n  An ordinary user's next command makes new namespaces: after a change of /etc/subuid or /etc/subgid, this brings it about.",
  usage: "[options]",
  args: { min: 0, max: 0 },
  flags: {
    "new-runtime": { type: "string", help: "Specify a new runtime for all containers" },
  },
  examples: ["system migrate"],
  async run({ flags, engine }) {
    if (flags["new-runtime"] !== undefined && flags["new-runtime"] !== "") {
      throw new EngineError("NOT_IMPLEMENTED", "--new-runtime is not implemented", {
        hint: "create the containers anew with --runtime",
      });
    }
    await (await engine.system()).migrate();
  },
});

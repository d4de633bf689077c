/** `container clone`. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { defineCommand } from "../frame/command.ts";
import { containerLimitFlags, parseLimits } from "../parse/limits.ts";
import { pullReporter } from "../print/pull-progress.ts";

export const command = defineCommand({
  path: ["container", "clone"],
  summary: "Clone an existing container",
  description:
    "Creates a container of an existing one's configuration. The clone has never run, and uses the original's volumes.",
  usage: "[options] CONTAINER [NAME [IMAGE]]",
  args: { min: 1, max: 3 },
  argCompletion: "container",
  flags: {
    destroy: { type: "bool", help: "destroy the original container" },
    force: { type: "bool", short: "f", help: "force the existing container to be destroyed" },
    name: { type: "string", help: "Assign a name to the container", valueName: "name", complete: "none" },
    pod: { type: "string", help: "Run container in an existing pod", valueName: "pod", complete: "pod" },
    run: { type: "bool", help: "run the new container" },
    ...containerLimitFlags,
  },
  examples: [
    "container clone web",
    "container clone --destroy --cpus 2 web newweb",
    "container clone web next nginx:1.27",
  ],
  async run({ flags, args: [original = "", positional, image], engine, io }) {
    if (flags.force && !flags.destroy)
      throw new EngineError("CLI_USAGE", "cannot set --force without --destroy: invalid argument");
    const name = positional ?? flags.name;
    const { id, warnings } = await (await engine.containers()).clone(
      original,
      {
        ...(name === undefined ? {} : { name }),
        ...(image === undefined ? {} : { image }),
        ...(flags.pod === undefined ? {} : { pod: flags.pod }),
        limits: parseLimits(flags),
        destroy: flags.destroy,
        force: flags.force,
        run: flags.run,
      },
      pullReporter(io, false),
      io.interruptible(),
    );
    for (const warning of warnings) io.err(`${warning}\n`);
    io.out(`${id}\n`);
  },
});

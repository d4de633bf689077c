/** `image prune`. */
import { defineCommand } from "../frame/command.ts";
import { parseImageFilters } from "../parse/image-filters.ts";
import { confirmed } from "../print/confirm.ts";

export const command = defineCommand({
  path: ["image", "prune"],
  summary: "Remove unused images",
  description:
    "Removes dangling or unused images from local storage. The command prompts for confirmation unless --force is given.",
  usage: "[options]",
  args: { min: 0, max: 0 },
  flags: {
    all: {
      type: "bool",
      short: "a",
      help: "Remove all images not in use by containers, not just dangling ones",
    },
    filter: { type: "list", help: "Provide filter values (e.g. 'label=<key>=<value>')", valueName: "filter" },
    force: { type: "bool", short: "f", help: "Do not prompt for confirmation" },
  },
  examples: ["image prune", "image prune --all --force --filter until=24h"],
  async run({ flags, engine, io }) {
    if (!flags.force) {
      io.out(
        flags.all
          ? "WARNING! This command removes all images without at least one container associated with them.\n"
          : "WARNING! This command removes all dangling images.\n",
      );
      if (!(await confirmed(io))) return;
    }
    const removed = await (await engine.images()).prune(parseImageFilters(flags.filter), { all: flags.all });
    for (const id of removed.flatMap(({ deleted }) => deleted)) io.out(`${id}\n`);
  },
});

/** `pod update`: prints the id of the pod, and the host ports that were chosen. */
import { parseRestartPolicy } from "@podwright/spec/values/restart-policy";
import { defineCommand } from "../frame/command.ts";
import { labelFlags, parseLabels } from "../parse/labels.ts";
import { containerLimitFlags, parseLimits } from "../parse/limits.ts";
import { parsePortChanges, portChangeFlags, printChosen } from "../parse/port-changes.ts";

export const command = defineCommand({
  path: ["pod", "update"],
  summary: "Change a pod, also while it runs",
  description:
    "Adds and removes published ports and labels, and changes resource limits and the restart policy: all of it, or nothing.\n\n  In a running pod ports serve, and limits hold, at once. Connections over other ports go on; those over a port that is removed end.",
  usage: "[options] POD",
  args: { min: 1, max: 1 },
  argCompletion: "pod",
  flags: {
    ...portChangeFlags,
    ...labelFlags,
    "label-rm": { type: "list", help: "Remove a label", valueName: "KEY", complete: "none" },
    ...containerLimitFlags,
    restart: {
      type: "string",
      help: "Restart policy of the pod's containers",
      valueName: "no|never|on-failure[:N]|always|unless-stopped",
      complete: ["no", "never", "on-failure", "always", "unless-stopped"],
    },
  },
  examples: [
    "pod update --publish 8443:443 web",
    "pod update --publish-rm 8080:80 --label stage=live web",
    "pod update --memory 1g --cpus 2 web",
  ],
  async run({ flags, args, engine, io }) {
    const [name = ""] = args;
    const { id, chosen } = await (await engine.pods()).update(name, {
      ...parsePortChanges(flags),
      labels: parseLabels(flags),
      removeLabels: flags["label-rm"],
      limits: parseLimits(flags),
      ...(flags.restart === undefined ? {} : { restart: parseRestartPolicy(flags.restart) }),
    });
    io.out(`${id}\n`);
    printChosen(io, chosen);
  },
});

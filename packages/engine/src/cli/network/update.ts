/** `network update`. */
import { defineCommand } from "../frame/command.ts";

export const command = defineCommand({
  path: ["network", "update"],
  summary: "Update an existing network",
  description: "Change the name servers that a network's containers' questions go to",
  usage: "[options] NETWORK",
  args: { min: 1, max: 1 },
  argCompletion: "network",
  flags: {
    "dns-add": { type: "csv", help: "Add network level nameservers", valueName: "IP", complete: "none" },
    "dns-drop": { type: "csv", help: "Remove network level nameservers", valueName: "IP", complete: "none" },
  },
  examples: ["network update podman1 --dns-add 8.8.8.8,1.1.1.1", "network update podman1 --dns-drop 8.8.8.8"],
  async run({ flags, args, engine, io }) {
    const [name = ""] = args;
    const change = { addDns: flags["dns-add"], dropDns: flags["dns-drop"] };
    await (await engine.networks()).update(name, change);
    io.out(`${name}\n`);
  },
});

/** `network connect`. */
import { defineCommand } from "../frame/command.ts";
import { parseAttachment } from "../parse/network.ts";

export const command = defineCommand({
  path: ["network", "connect"],
  summary: "Add container to a network",
  description:
    "Add container to a network: at once where it runs, else from its next start. A pod's networks are those of its infra container.",
  usage: "[options] NETWORK CONTAINER",
  args: { min: 2, max: 2 },
  argCompletion: "network",
  flags: {
    alias: { type: "csv", help: "Network scoped alias for container", valueName: "NAME", complete: "none" },
    ip: {
      type: "string",
      help: "Set a static ipv4 address for this container network",
      valueName: "IP",
      complete: "none",
    },
    ip6: {
      type: "string",
      help: "Set a static ipv6 address for this container network",
      valueName: "IP",
      complete: "none",
    },
    "mac-address": {
      type: "string",
      help: "Set a static mac address for this container network",
      valueName: "MAC",
      complete: "none",
    },
  },
  examples: ["network connect web secondary"],
  async run({ flags, args, engine }) {
    const [name = "", container = ""] = args;
    await (await engine.networks()).connect(container, parseAttachment(name, flags));
  },
});

/** `system reset`. */
import { defineCommand } from "../frame/command.ts";
import { confirmed } from "../print/confirm.ts";

export const command = defineCommand({
  path: ["system", "reset"],
  summary: "Reset podwright storage",
  description:
    "Reset podwright storage back to default state\n\n  All containers will be stopped and removed, and all images, volumes, networks and container content will be removed.",
  usage: "[options]",
  args: { min: 0, max: 0 },
  flags: {
    force: { type: "bool", short: "f", help: "Do not prompt for confirmation" },
  },
  examples: ["system reset", "system reset --force"],
  async run({ flags, engine, io }) {
    const system = await engine.system();
    if (!flags.force) {
      io.out(warning((await system.info())["store"]));
      if (!(await confirmed(io))) return;
    }
    await system.reset();
  },
});

function warning(store: unknown): string {
  const nouns = ["containers", "pods", "images", "networks", "build cache", "volumes"];
  const directories = ["graphRoot", "runRoot"].flatMap((key) => {
    const path = textMember(store, key);
    return path === undefined ? [] : [`the ${key} directory: ${JSON.stringify(path)}`];
  });
  const lines = [...nouns.map((noun) => `all ${noun}`), ...directories];
  return `WARNING! This will remove:\n${lines.map((line) => `        - ${line}\n`).join("")}`;
}

function textMember(object: unknown, key: string): string | undefined {
  if (typeof object !== "object" || object === null) return undefined;
  const value: unknown = Object.getOwnPropertyDescriptor(object, key)?.value;
  return typeof value === "string" ? value : undefined;
}

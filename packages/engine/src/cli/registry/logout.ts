/** `logout`: forgets the credentials of a registry. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { defineCommand } from "../frame/command.ts";
import { placeFlags, placeOf } from "../parse/credential-place.ts";
import { checkAuthFile } from "../parse/registry.ts";

export const command = defineCommand({
  path: ["logout"],
  summary: "Log out of a container registry",
  description: "Remove the cached username and password for the registry.",
  usage: "[options] [REGISTRY]",
  args: { min: 0, max: 1 },
  argCompletion: "none",
  flags: {
    all: {
      type: "bool",
      short: "a",
      help: "Remove the cached credentials for all registries in the auth file",
    },
    ...placeFlags,
  },
  examples: ["logout quay.io", "logout --authfile dir/auth.json quay.io", "logout --all"],
  async run({ flags, args: [registry], engine, io }) {
    if (flags.all && registry !== undefined) throw new EngineError("CLI_USAGE", "--all takes no arguments");
    for (const path of [flags.authfile, flags["compat-auth-file"]]) {
      if (path !== undefined && path !== "") checkAuthFile(path);
    }
    const line = await (await engine.registries()).logout({
      ...placeOf(flags),
      ...(registry === undefined ? {} : { registry }),
      all: flags.all,
    });
    io.out(`${line}\n`);
  },
});

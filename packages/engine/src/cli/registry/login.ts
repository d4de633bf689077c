/** `login`: credentials for a registry. */
import type { LoginDialogue } from "@podwright/spec/engine-api/registries";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { defineCommand, type Io } from "../frame/command.ts";
import { placeFlags, placeOf } from "../parse/credential-place.ts";

export const command = defineCommand({
  path: ["login"],
  summary: "Log in to a container registry",
  description: "Log in to a container registry on a specified server.",
  usage: "[options] [REGISTRY]",
  args: { min: 0, max: 1 },
  argCompletion: "none",
  flags: {
    ...placeFlags,
    "cert-dir": {
      type: "string",
      help: "use certificates at the specified path to access the registry",
      complete: "file",
    },
    "get-login": { type: "bool", help: "Return the current login user for the registry" },
    password: { type: "string", short: "p", help: "Password for registry", complete: "none" },
    "password-stdin": { type: "bool", help: "Take the password from stdin" },
    secret: { type: "string", help: "Retrieve password from a podman secret", complete: "none" },
    "tls-verify": {
      type: "maybe-bool",
      help: "Require HTTPS and verify certificates when contacting registries",
    },
    username: { type: "string", short: "u", help: "Username for registry", complete: "none" },
    verbose: { type: "bool", short: "v", help: "Write more detailed information to stdout" },
  },
  examples: [
    "login quay.io",
    "login --username me --password-stdin quay.io",
    "login --authfile dir/auth.json quay.io",
  ],
  async run({ flags, args: [registry], engine, io }) {
    const registries = await engine.registries();
    const place = { ...placeOf(flags), ...(registry === undefined ? {} : { registry }) };
    if (flags["get-login"]) {
      io.out(`${await registries.currentUser(place)}\n`);
      return;
    }
    const { secret } = flags;
    if (given(secret) && given(flags.password))
      throw usage("--secret can not be used with --password options");
    const password = given(secret)
      ? Buffer.from(await (await engine.secrets()).read(secret)).toString("utf8")
      : flags["password-stdin"]
        ? await passwordFromStdin(flags, io)
        : flags.password;
    // A secret may be called as its user is.
    const username = given(flags.username) ? flags.username : secret;
    await registries.login(
      {
        ...place,
        ...(username === undefined ? {} : { username }),
        ...(password === undefined ? {} : { password }),
        ...(flags["cert-dir"] === undefined ? {} : { certDir: flags["cert-dir"] }),
        ...(flags["tls-verify"] === undefined ? {} : { tlsVerify: flags["tls-verify"] }),
      },
      dialogueOf(io),
      { verbose: flags.verbose, signal: io.interruptible() },
    );
  },
});

function given(text: string | undefined): text is string {
  return text !== undefined && text !== "";
}

async function passwordFromStdin(
  { username, password }: { readonly username: string | undefined; readonly password: string | undefined },
  io: Io,
): Promise<string> {
  if (password !== undefined && password !== "")
    throw usage("Can't specify both --password-stdin and --password");
  if (username === undefined || username === "") throw usage("Must provide --username with --password-stdin");
  return (await io.readStdin()).replace(/\r?\n/g, "");
}

function dialogueOf(io: Io): LoginDialogue {
  return {
    say: (line) => io.out(`${line}\n`),
    askUsername: (known) => io.ask(known === "" ? "Username: " : `Username (${known}): `),
    askPassword: async () => {
      if (!io.stdinIsTty) {
        throw new EngineError(
          "CLI_USAGE",
          "getting username and password: reading password: standard input is no terminal",
          { hint: "use --password-stdin" },
        );
      }
      const terminal = await io.openTerminal();
      using _silent = terminal.silent();
      const password = await io.ask("Password: ");
      io.out("\n");
      return password;
    },
  };
}

function usage(message: string): EngineError {
  return new EngineError("CLI_USAGE", message);
}

/** `--authfile` and `--compat-auth-file`: where `login` and `logout` keep credentials. */
import type { CredentialPlace } from "@podwright/spec/engine-api/registries";
import type { Flags, FlagValues } from "../frame/command.ts";

export const placeFlags = {
  authfile: {
    type: "string",
    help: "path of the authentication file. Use REGISTRY_AUTH_FILE environment variable to override",
    complete: "file",
  },
  "compat-auth-file": {
    type: "string",
    help: "path of a Docker-compatible config file to update instead",
    complete: "file",
  },
} as const satisfies Flags;

export function placeOf(flags: FlagValues<typeof placeFlags>): CredentialPlace {
  const { authfile, "compat-auth-file": compat } = flags;
  return {
    ...(authfile === undefined || authfile === "" ? {} : { authFile: authfile }),
    ...(compat === undefined || compat === "" ? {} : { compatAuthFile: compat }),
  };
}

/** Flags of every verb that may pull an image. */
import { accessSync } from "node:fs";
import type { PlatformChoice, PullPolicy, RegistryOptions } from "@podwright/spec/engine-api/images";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { parseDuration } from "@podwright/spec/values/duration";
import type { Flags, FlagValues } from "../frame/command.ts";

export const platformFlags = {
  arch: {
    type: "string",
    help: "Use ARCH instead of the architecture of the machine for choosing images",
    valueName: "ARCH",
    complete: "none",
  },
  os: {
    type: "string",
    help: "Use OS instead of the running OS for choosing images",
    valueName: "OS",
    complete: "none",
  },
  variant: {
    type: "string",
    help: "Use VARIANT instead of the running architecture variant for choosing images",
    valueName: "VARIANT",
    complete: "none",
  },
  platform: {
    type: "string",
    help: "Specify the platform for selecting the image",
    valueName: "OS/ARCH[/VARIANT]",
    complete: "none",
  },
} as const satisfies Flags;

export const registryFlags = {
  authfile: { type: "string", help: "Path of the authentication file", valueName: "FILE", complete: "file" },
  creds: {
    type: "string",
    help: "Credentials (USERNAME:PASSWORD) to use for authenticating to a registry",
    valueName: "USER[:PASSWORD]",
    complete: "none",
  },
  "cert-dir": {
    type: "string",
    help: "Path of a directory with TLS certificates",
    valueName: "DIR",
    complete: "file",
  },
  "tls-verify": {
    type: "maybe-bool",
    help: "Require HTTPS and verify certificates when contacting registries",
  },
  retry: {
    type: "int",
    help: "Number of times to retry in case of failure when performing pull (default 3)",
    complete: "none",
  },
  "retry-delay": {
    type: "string",
    help: "Delay between retries in case of pull failures",
    valueName: "DURATION",
    complete: "none",
  },
} as const satisfies Flags;

/** As registryFlags, in the words of a push. */
export const pushRegistryFlags = {
  ...registryFlags,
  retry: {
    type: "int",
    help: "number of times to retry in case of failure when performing push (default 3)",
    complete: "none",
  },
  "retry-delay": {
    type: "string",
    help: "delay between retries in case of push failures",
    valueName: "DURATION",
    complete: "none",
  },
} as const satisfies Flags;

/** @throws CONTAINER_INVALID */
export function parsePlatform(flags: FlagValues<typeof platformFlags>): PlatformChoice | undefined {
  if (flags.platform !== undefined && (flags.arch !== undefined || flags.os !== undefined)) {
    throw new EngineError("CLI_USAGE", "--platform option can not be specified with --arch or --os");
  }
  const [os, arch, variant] = flags.platform?.split("/") ?? [flags.os, flags.arch];
  const choice = {
    ...named("os", os),
    ...named("arch", arch),
    ...named("variant", variant ?? flags.variant),
  };
  return Object.keys(choice).length === 0 ? undefined : choice;
}

function named(key: keyof PlatformChoice, value: string | undefined): PlatformChoice {
  return value === undefined || value === "" ? {} : { [key]: value };
}

/** @throws VALUE_INVALID */
export function parseRegistry(flags: FlagValues<typeof registryFlags>): RegistryOptions {
  const { authfile, creds, retry } = flags;
  if (authfile !== undefined) checkAuthFile(authfile);
  if (retry !== undefined && retry < 0)
    throw new EngineError("VALUE_INVALID", `invalid value for retry: ${retry}`);
  const delay = flags["retry-delay"];
  return {
    ...(authfile === undefined ? {} : { authFile: authfile }),
    ...(creds === undefined ? {} : { creds }),
    ...(flags["cert-dir"] === undefined ? {} : { certDir: flags["cert-dir"] }),
    ...(flags["tls-verify"] === undefined ? {} : { tlsVerify: flags["tls-verify"] }),
    ...(retry === undefined ? {} : { retry }),
    ...(delay === undefined || delay === "" ? {} : { retryDelay: parseDuration(delay) }),
  };
}

/** @throws VALUE_INVALID */
export function checkAuthFile(path: string): void {
  try {
    accessSync(path);
  } catch (cause) {
    throw new EngineError(
      "VALUE_INVALID",
      `credential file is not accessible: faccessat ${path}: no such file or directory`,
      { cause },
    );
  }
}

const POLICIES: Readonly<Record<string, PullPolicy>> = {
  always: "always",
  true: "always",
  missing: "missing",
  ifmissing: "missing",
  ifnotpresent: "missing",
  "": "missing",
  never: "never",
  false: "never",
  newer: "newer",
  ifnewer: "newer",
};

/** @throws VALUE_INVALID */
export function parsePullPolicy(text: string): PullPolicy {
  const policy = POLICIES[text.toLowerCase()];
  if (policy === undefined)
    throw new EngineError("VALUE_INVALID", `unsupported pull policy ${JSON.stringify(text)}`);
  return policy;
}

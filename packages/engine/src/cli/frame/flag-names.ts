/** Other spellings of flags, which Podman takes on every command that has the flag. */
import type { Flags } from "./command.ts";

const SPELLINGS: Readonly<Record<string, string>> = {
  "dns-opt": "dns-option",
  "healthcheck-command": "health-cmd",
  "healthcheck-interval": "health-interval",
  "healthcheck-retries": "health-retries",
  "healthcheck-start-period": "health-start-period",
  "healthcheck-timeout": "health-timeout",
  namespace: "ns",
  net: "network",
  notruncate: "no-trunc",
  ns: "namespace",
  "override-arch": "arch",
  "override-os": "os",
  "override-variant": "variant",
  storage: "external",
  timeout: "time",
};

/** The declared name for a long flag as typed: a flag of that very name wins over the other spelling. */
export function declaredName(flags: Flags, typed: string): string | undefined {
  if (Object.hasOwn(flags, typed)) return typed;
  const other = Object.hasOwn(SPELLINGS, typed) ? SPELLINGS[typed] : undefined;
  return other !== undefined && Object.hasOwn(flags, other) ? other : undefined;
}

export function nameOfShorthand(flags: Flags, letter: string): string | undefined {
  return Object.keys(flags).find((name) => flags[name]?.short === letter);
}

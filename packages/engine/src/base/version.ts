/** What this build is: the package's version, and what the build script bakes in. */
import { version } from "../../package.json";

/** Set by the build (`--define`); absent when run from source. */
declare const PODWRIGHT_COMMIT: string | undefined;
declare const PODWRIGHT_BUILT: number | undefined;

export const VERSION: string = version;

/** The release of Podman whose commands, flags and API this build follows. */
export const PODMAN_API_VERSION = "5.4.2";

export function buildCommit(): string {
  return typeof PODWRIGHT_COMMIT === "string" ? PODWRIGHT_COMMIT : "";
}

/** Seconds since 1970; 0 when run from source. */
export function buildTime(): number {
  return typeof PODWRIGHT_BUILT === "number" ? PODWRIGHT_BUILT : 0;
}

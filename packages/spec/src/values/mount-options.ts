/** The options that `-v` takes after the second colon, checked for what excludes what. */
import { invalidValue } from "./value-error.ts";

interface Group {
  readonly options: readonly string[];
  /** How Podman's message names the group. */
  readonly shown: string;
}

export const PROPAGATION_OPTIONS: readonly string[] = [
  "private",
  "rprivate",
  "shared",
  "rshared",
  "slave",
  "rslave",
  "unbindable",
  "runbindable",
];

const GROUPS: readonly Group[] = [
  { options: ["noexec", "exec"], shown: "'noexec' or 'exec' option" },
  { options: ["nodev", "dev"], shown: "'nodev' or 'dev' option" },
  { options: ["nosuid", "suid"], shown: "'nosuid' or 'suid' option" },
  { options: ["rw", "ro"], shown: "'rw' or 'ro' option" },
  { options: ["z", "Z", "O"], shown: "'z', 'Z', or 'O' option" },
  { options: ["U"], shown: "'U' option" },
  {
    options: PROPAGATION_OPTIONS,
    shown: "'[r]shared', '[r]private', '[r]slave' or '[r]unbindable' option",
  },
  { options: ["bind", "rbind"], shown: "'[r]bind' option" },
  { options: ["copy", "nocopy"], shown: "'copy' or 'nocopy' option" },
  { options: ["no-dereference"], shown: "'no-dereference' option" },
];

/** Options of macOS that mean nothing on Linux; Docker and Podman drop them too. */
const MEANINGLESS: readonly string[] = ["cached", "delegated"];

/** @throws VALUE_INVALID for an unknown option or two of one group (CVE-2024-9407: nothing passes unchecked). */
export function checkVolumeOptions(options: readonly string[]): string[] {
  const kept = options.filter((option) => !MEANINGLESS.includes(option));
  for (const option of kept) {
    if (/^(upperdir|workdir)=/.test(option) || /^idmap(=|$)/.test(option)) continue;
    if (!GROUPS.some((group) => group.options.includes(option))) {
      throw invalidValue(`invalid option type ${JSON.stringify(option)}`);
    }
  }
  for (const group of GROUPS) {
    if (kept.filter((option) => group.options.includes(option)).length > 1) {
      throw invalidValue(
        `invalid options ${JSON.stringify(options.join(", "))}, can only specify 1 ${group.shown}`,
      );
    }
  }
  return kept;
}

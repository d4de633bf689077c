/** How a host is told to run `system boot` when it comes up: systemd, OpenRC or cron. Pure: what to write and to run. */

/** What starts things on this host. */
export interface BootHost {
  readonly uid: number;
  /** Of the user, for units of their own. */
  readonly configHome: string;
  readonly systemd: boolean;
  readonly openrc: boolean;
  readonly cron: boolean;
}

export interface BootService {
  /** "podwright-boot", or with the id of a store that is not the default one. */
  readonly name: string;
  /** What brings the store's containers back. */
  readonly argv: readonly string[];
  /** The store's directory: it may be on a disk of its own. */
  readonly root: string;
}

/** Files and commands that make the hook, and that take it away. */
export interface BootHook {
  readonly kind: "systemd" | "OpenRC" | "cron";
  readonly files: readonly { readonly path: string; readonly text: string; readonly mode: number }[];
  /** A line of the caller's crontab. */
  readonly cronLine?: string;
  readonly enable: readonly (readonly string[])[];
  readonly disable: readonly (readonly string[])[];
  /** What the user has to know. */
  readonly hint?: string;
}

/** undefined where the host has none of the three. */
export function planBootHook(host: BootHost, service: BootService): BootHook | undefined {
  if (host.systemd) return host.uid === 0 ? systemUnit(service) : userUnit(host, service);
  if (host.openrc && host.uid === 0) return openrcScript(service);
  if (host.cron) return { kind: "cron", files: [], cronLine: cronLine(service), enable: [], disable: [] };
  return undefined;
}

function systemUnit(service: BootService): BootHook {
  const unit = `${service.name}.service`;
  const text = unitText(service, { wants: "network-online.target", wantedBy: "multi-user.target" });
  return {
    kind: "systemd",
    files: [{ path: `/etc/systemd/system/${unit}`, text, mode: 0o644 }],
    enable: [
      ["systemctl", "daemon-reload"],
      ["systemctl", "enable", unit],
    ],
    disable: [["systemctl", "disable", unit]],
  };
}

function userUnit({ configHome }: BootHost, service: BootService): BootHook {
  const unit = `${service.name}.service`;
  const text = unitText(service, { wantedBy: "default.target" });
  return {
    kind: "systemd",
    files: [{ path: `${configHome}/systemd/user/${unit}`, text, mode: 0o644 }],
    enable: [
      ["systemctl", "--user", "daemon-reload"],
      ["systemctl", "--user", "enable", unit],
    ],
    disable: [["systemctl", "--user", "disable", unit]],
    hint: "without a session it runs only after: loginctl enable-linger",
  };
}

/**
 * KillMode: monitors and the supervisor stay in the service's cgroup, and must outlive it. Their own units stop
 * nothing either: what the machine ends, the next boot brings back.
 */
function unitText(
  { argv, root }: BootService,
  { wants, wantedBy }: { readonly wants?: string; readonly wantedBy: string },
): string {
  return `[Unit]
Description=Start the pods and containers that ran before the machine went down
${wants === undefined ? "" : `Wants=${wants}\nAfter=${wants}\n`}RequiresMountsFor=${systemdWord(root)}

[Service]
Type=oneshot
RemainAfterExit=yes
KillMode=process
ExecStart=${argv.map(systemdWord).join(" ")}

[Install]
WantedBy=${wantedBy}
`;
}

/** systemd.service(5): % is a specifier, $ a variable, a backslash an escape. */
function systemdWord(word: string): string {
  const escaped = word
    .replaceAll("\\", "\\\\")
    .replaceAll('"', '\\"')
    .replaceAll("%", "%%")
    .replaceAll("$", "$$$$");
  return /^[\w@%+=:,./-]+$/.test(escaped) ? escaped : `"${escaped}"`;
}

function openrcScript(service: BootService): BootHook {
  const text = `#!/sbin/openrc-run
description="Start the pods and containers that ran before the machine went down"

depend() {
	need localmount
	use net
	after firewall
}

start() {
	ebegin "Starting pods and containers"
	${shellCommand(service.argv)}
	eend $?
}
`;
  return {
    kind: "OpenRC",
    files: [{ path: `/etc/init.d/${service.name}`, text, mode: 0o755 }],
    enable: [["rc-update", "add", service.name, "default"]],
    disable: [["rc-update", "del", service.name, "default"]],
  };
}

/** The comment tells the line from others; crontab(5) makes a line feed of a %. */
function cronLine({ name, argv }: BootService): string {
  return `@reboot ${shellCommand(argv).replaceAll("%", "\\%")} ${cronMark(name)}`;
}

export function cronMark(name: string): string {
  return `# ${name}`;
}

/** A crontab with this line, once, or without it. Gives the same text where nothing is to be changed. */
export function changedCrontab(
  before: string,
  { name, line }: { readonly name: string; readonly line?: string },
): string {
  const lines = before.split("\n").filter((present, place, all) => present !== "" || place < all.length - 1);
  if (line !== undefined && lines.includes(line)) return before;
  const others = lines.filter((present) => !present.endsWith(` ${cronMark(name)}`));
  if (line === undefined && others.length === lines.length) return before;
  const after = line === undefined ? others : [...others, line];
  return after.length === 0 ? "" : `${after.join("\n")}\n`;
}

function shellCommand(argv: readonly string[]): string {
  return argv.map(shellWord).join(" ");
}

function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

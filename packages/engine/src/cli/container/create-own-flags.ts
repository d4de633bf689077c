/** Flags of `create` and `run` that no other verb shares. */
import type { Flags } from "../frame/command.ts";

export const identityFlags = {
  name: { type: "string", help: "Assign a name to the container", valueName: "NAME", complete: "none" },
  hostname: {
    type: "string",
    short: "h",
    help: "Set container hostname",
    valueName: "NAME",
    complete: "none",
  },
  annotation: {
    type: "list",
    help: "Add annotations to container",
    valueName: "KEY=VALUE",
    complete: "none",
  },
  cidfile: {
    type: "string",
    help: "Write the container ID to the file",
    valueName: "FILE",
    complete: "file",
  },
  pidfile: {
    type: "string",
    help: "Write the container process ID to the file",
    valueName: "FILE",
    complete: "file",
  },
  "conmon-pidfile": {
    type: "string",
    help: "Path to the file that will receive the PID of conmon",
    valueName: "FILE",
    complete: "file",
  },
  replace: { type: "bool", help: "If a container with the same name exists, replace it" },
  pod: {
    type: "string",
    help: "Run container in an existing pod",
    valueName: "POD|new:NAME",
    complete: "pod",
  },
  "pod-id-file": {
    type: "string",
    help: "Read the pod ID from the file",
    valueName: "FILE",
    complete: "file",
  },
  requires: {
    type: "csv",
    help: "Add one or more requirement containers that must be started before this container will start",
    valueName: "CONTAINER",
    complete: "container",
  },
} as const satisfies Flags;

export const processFlags = {
  entrypoint: {
    type: "string",
    help: "Overwrite the default ENTRYPOINT of the image",
    valueName: 'COMMAND|["COMMAND", "ARG"]',
    complete: "none",
  },
  workdir: {
    type: "string",
    short: "w",
    help: "Working directory inside the container",
    valueName: "DIR",
    complete: "none",
  },
  user: {
    type: "string",
    short: "u",
    help: "Username or UID (format: <name|uid>[:<group|gid>])",
    valueName: "USER",
    complete: "none",
  },
  "group-add": {
    type: "csv",
    help: "Add additional groups to the primary container process",
    valueName: "GROUP",
    complete: "none",
  },
  umask: { type: "string", help: "Set umask in container", valueName: "OCTAL", complete: "none" },
  tz: { type: "string", help: "Set timezone in container", valueName: "ZONE|local", complete: "none" },
  init: {
    type: "bool",
    help: "Run an init binary inside the container that forwards signals and reaps processes",
  },
  "init-path": {
    type: "string",
    help: "Path to the container-init binary",
    valueName: "FILE",
    complete: "file",
  },
  "oom-score-adj": { type: "int", help: "Tune the host's OOM preferences (-1000 to 1000)", complete: "none" },
  interactive: { type: "bool", short: "i", help: "Keep STDIN open even if not attached" },
  tty: { type: "bool", short: "t", help: "Allocate a pseudo-TTY for container" },
  attach: {
    type: "csv",
    short: "a",
    help: "Attach to STDIN, STDOUT or STDERR",
    valueName: "STREAM",
    complete: ["stdin", "stdout", "stderr"],
  },
  quiet: { type: "bool", short: "q", help: "Suppress output information when pulling images" },
  ulimit: { type: "csv", help: "Ulimit options", valueName: "NAME=SOFT[:HARD]", complete: "none" },
  sysctl: { type: "csv", help: "Sysctl options", valueName: "KEY=VALUE", complete: "none" },
} as const satisfies Flags;

export const lifecycleFlags = {
  restart: {
    type: "string",
    help: "Restart policy to apply when a container exits",
    valueName: "no|never|on-failure[:N]|always|unless-stopped",
    complete: ["no", "never", "on-failure", "always", "unless-stopped"],
  },
  rm: {
    type: "bool",
    help: "Remove container and any anonymous unnamed volume associated with it after exit",
  },
  "stop-signal": {
    type: "string",
    help: "Signal to stop a container (default SIGTERM)",
    valueName: "SIGNAL",
    complete: "none",
  },
  "stop-timeout": {
    type: "int",
    help: "Timeout (in seconds) that containers stopped by user have to exit before they are killed (default 10)",
    complete: "none",
  },
  timeout: {
    type: "int",
    default: 0,
    help: "Maximum time (in seconds) a container is allowed to run before it is killed; 0 is no limit",
    complete: "none",
  },
  "log-driver": {
    type: "string",
    help: "Logging driver for the container",
    valueName: "k8s-file|json-file|journald|none|passthrough|passthrough-tty",
    complete: ["k8s-file", "json-file", "journald", "none", "passthrough", "passthrough-tty"],
  },
  "log-opt": {
    type: "list",
    help: "Logging driver options (path, max-size, max-file, tag)",
    valueName: "KEY=VALUE",
    complete: "none",
  },
  cgroups: {
    type: "string",
    default: "enabled",
    help: "Control container cgroup configuration",
    valueName: "enabled|disabled|no-conmon",
    complete: ["enabled", "disabled", "no-conmon"],
  },
  "cgroup-parent": {
    type: "string",
    help: "Optional parent cgroup for the container",
    valueName: "PATH",
    complete: "none",
  },
  pull: {
    type: "string",
    default: "missing",
    help: "Pull image policy",
    valueName: "always|missing|never|newer",
    complete: ["always", "missing", "never", "newer"],
  },
} as const satisfies Flags;

export const storageFlags = {
  "volumes-from": {
    type: "list",
    help: "Mount volumes from the specified container(s)",
    valueName: "CONTAINER[:ro|rw|z]",
    complete: "container",
  },
  "image-volume": {
    type: "string",
    default: "anonymous",
    help: "How to handle the image's volumes",
    valueName: "anonymous|ignore|tmpfs",
    complete: ["anonymous", "ignore", "tmpfs"],
  },
  "read-only": { type: "bool", help: "Make containers root filesystem read-only" },
  "read-only-tmpfs": {
    type: "bool",
    default: true,
    help: "When running --read-only containers mount read-write tmpfs on /run, /tmp and /var/tmp",
  },
  "shm-size": {
    type: "string",
    help: "Size of /dev/shm (default 64m)",
    valueName: "number[unit]",
    complete: "none",
  },
  device: {
    type: "list",
    help: "Add a host device to the container",
    valueName: "host[:ctr][:rwm]",
    complete: "file",
  },
  "device-cgroup-rule": {
    type: "list",
    help: "Add a rule to the cgroup allowed devices list",
    valueName: "TYPE MAJOR:MINOR ACCESS",
    complete: "none",
  },
  "publish-all": {
    type: "bool",
    short: "P",
    help: "Publish all exposed ports to random ports on the host interface",
  },
  expose: {
    type: "csv",
    help: "Expose a port or a range of ports",
    valueName: "PORT[-PORT][/PROTOCOL]",
    complete: "none",
  },
} as const satisfies Flags;

/** Failures of the host, the configuration and the command line itself. */
export const systemCodes = {
  CLI_USAGE: { kind: "invalid argument" },
  /** A size, port, signal, … that a flag, a file or a caller gave and that cannot be understood. */
  VALUE_INVALID: { kind: "invalid argument" },
  CLI_LOG_LEVEL_UNKNOWN: { kind: "invalid argument", exit: 1 },
  CLI_FORMAT_INVALID: { kind: "invalid argument" },
  /** The reader of standard output went away; 128 + SIGPIPE. Never printed. */
  CLI_OUTPUT_CLOSED: { kind: "canceled", exit: 141 },
  NOT_IMPLEMENTED: { kind: "not implemented" },
  CONFIG_INVALID: { kind: "invalid argument" },
  HOST_PART_MISSING: { kind: "failed precondition" },
  /** An ordinary user cannot have the namespaces in which the engine works. */
  USERNS_UNAVAILABLE: { kind: "failed precondition" },
  /** A limit that needs a cgroup, of a user who has none. */
  CGROUP_NOT_DELEGATED: { kind: "failed precondition" },
  HOST_CALL_FAILED: { kind: "internal" },
  HOST_COMMAND_FAILED: { kind: "internal" },
  STATE_UNREADABLE: { kind: "internal" },
  STATE_BUSY: { kind: "unavailable" },
  STATE_FULL: { kind: "resource exhausted" },
  /** No events are kept: events_logger is "none". */
  EVENTS_UNAVAILABLE: { kind: "failed precondition" },
  OBJECT_NOT_FOUND: { kind: "not found" },
  CANCELED: { kind: "canceled", exit: 130 },
} as const;

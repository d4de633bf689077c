/** Failures of containers. */
export const containerCodes = {
  CONTAINER_NOT_FOUND: { kind: "not found" },
  CONTAINER_NAME_AMBIGUOUS: { kind: "invalid argument" },
  CONTAINER_NAME_IN_USE: { kind: "already exists" },
  CONTAINER_INVALID: { kind: "invalid argument" },
  /** The image has something at a path that cannot be used as what it is for. */
  CONTAINER_ROOTFS_INVALID: { kind: "invalid argument", exit: 126 },
  CONTAINER_USER_UNKNOWN: { kind: "invalid argument", exit: 126 },
  CONTAINER_WORKDIR_INVALID: { kind: "invalid argument", exit: 126 },
  CONTAINER_STATE_IMPROPER: { kind: "failed precondition" },
  CONTAINER_RUNNING: { kind: "conflict", exit: 2 },
  CONTAINER_HAS_DEPENDENTS: { kind: "conflict" },
  CONTAINER_COMMAND_NOT_FOUND: { kind: "invalid argument", exit: 127 },
  CONTAINER_COMMAND_NOT_EXECUTABLE: { kind: "invalid argument", exit: 126 },
  CONTAINER_RUNTIME_FAILED: { kind: "internal", exit: 126 },
  /** What was to run after the start, or before the stop, did not succeed. */
  CONTAINER_HOOK_FAILED: { kind: "failed precondition" },
  CONTAINER_NO_HEALTHCHECK: { kind: "failed precondition" },
  CONTAINER_HEALTHCHECK_TIMEOUT: { kind: "deadline exceeded" },
  CONTAINER_MONITOR_FAILED: { kind: "internal" },
  /** ps(1) did not take the options, or could not be run. */
  CONTAINER_TOP_FAILED: { kind: "invalid argument" },
  CONTAINER_LOGS_UNREADABLE: { kind: "failed precondition" },
} as const;

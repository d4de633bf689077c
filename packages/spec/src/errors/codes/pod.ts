/** Failures of pods. */
export const podCodes = {
  POD_NOT_FOUND: { kind: "not found" },
  POD_NAME_AMBIGUOUS: { kind: "invalid argument" },
  POD_NAME_IN_USE: { kind: "already exists" },
  POD_INVALID: { kind: "invalid argument" },
  POD_STATE_IMPROPER: { kind: "failed precondition" },
  /** An init container ended with a failure, so the pod did not start. */
  POD_INIT_FAILED: { kind: "failed precondition" },
  /** It has ended instead of getting ready. */
  POD_NOT_READY: { kind: "failed precondition", exit: 1 },
  POD_WAIT_TIMED_OUT: { kind: "deadline exceeded", exit: 124 },
  POD_MEMBER_CONFLICT: { kind: "invalid argument" },
} as const;

/** Failures of volumes. */
export const volumeCodes = {
  VOLUME_NOT_FOUND: { kind: "not found" },
  VOLUME_NAME_IN_USE: { kind: "already exists" },
  VOLUME_INVALID: { kind: "invalid argument" },
  VOLUME_IN_USE: { kind: "conflict", exit: 2 },
} as const;

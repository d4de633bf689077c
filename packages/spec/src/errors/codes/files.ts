/** Failures of copying files in and out of containers and volumes. */
export const filesCodes = {
  FILES_NOT_FOUND: { kind: "not found" },
  /** Something is in the way, or the archive asks for what must not be done. */
  FILES_COPY_FAILED: { kind: "failed precondition" },
  /** What should be unpacked is no tar at all. */
  FILES_ARCHIVE_INVALID: { kind: "invalid argument" },
} as const;

/** Failures of images, layers and registries. */
export const imageCodes = {
  IMAGE_NOT_KNOWN: { kind: "not found" },
  IMAGE_REFERENCE_INVALID: { kind: "invalid argument" },
  IMAGE_IN_USE: { kind: "conflict", exit: 2 },
  IMAGE_AMBIGUOUS: { kind: "invalid argument" },
  IMAGE_ARCHIVE_INVALID: { kind: "invalid argument" },
  IMAGE_LAYER_INVALID: { kind: "invalid argument" },
  /** The layer cannot be given out again as the archive that it came as. */
  IMAGE_LAYER_INCOMPLETE: { kind: "failed precondition" },
  /** The layer's files are no longer those of its archive. */
  IMAGE_LAYER_CHANGED: { kind: "failed precondition" },
  IMAGE_DIGEST_MISMATCH: { kind: "invalid argument" },
  IMAGE_TAG_NOT_KNOWN: { kind: "not found" },
  IMAGE_PLATFORM_MISSING: { kind: "not found" },
  IMAGE_PULL_FAILED: { kind: "unavailable" },
  IMAGE_MANIFEST_INVALID: { kind: "invalid argument" },
  IMAGE_NAME_UNRESOLVED: { kind: "not found" },
  IMAGE_POLICY_REJECTED: { kind: "permission denied" },
  REGISTRY_MANIFEST_UNKNOWN: { kind: "not found" },
  REGISTRY_UNAVAILABLE: { kind: "unavailable" },
  REGISTRY_UNAUTHORIZED: { kind: "permission denied" },
  REGISTRY_LOGIN_FAILED: { kind: "permission denied" },
  REGISTRY_NOT_LOGGED_IN: { kind: "failed precondition" },
  REGISTRY_NAME_INVALID: { kind: "invalid argument" },
} as const;

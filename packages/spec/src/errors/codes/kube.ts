/** Failures of Kubernetes manifests and of secrets. */
export const kubeCodes = {
  KUBE_INVALID: { kind: "invalid argument" },
  KUBE_NOT_FOUND: { kind: "not found" },
  KUBE_GENERATE_REFUSED: { kind: "failed precondition" },
  KUBE_PLAY_FAILED: { kind: "failed precondition" },
  SECRET_NOT_FOUND: { kind: "not found" },
  SECRET_NAME_IN_USE: { kind: "already exists" },
  SECRET_INVALID: { kind: "invalid argument" },
} as const;

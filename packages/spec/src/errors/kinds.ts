/** The kinds of failure, after containerd's errdefs, each with the HTTP status that the API gives it. */
export const KINDS = {
  "invalid argument": 400,
  "not found": 404,
  "already exists": 409,
  "failed precondition": 409,
  conflict: 409,
  "permission denied": 403,
  "resource exhausted": 507,
  unavailable: 503,
  "not implemented": 501,
  canceled: 499,
  "deadline exceeded": 504,
  internal: 500,
} as const;

export type ErrorKind = keyof typeof KINDS;

/** One row of the catalogue. `exit` is the command's exit status where it is not Podman's general 125. */
export interface ErrorRow {
  readonly kind: ErrorKind;
  readonly exit?: number;
}

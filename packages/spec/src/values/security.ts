/** A SecurityRequest that asks for nothing but the defaults. */
import type { SecurityRequest } from "../engine-api/containers.ts";

export const NO_SECURITY: SecurityRequest = {
  privileged: false,
  capAdd: [],
  capDrop: [],
  noNewPrivileges: false,
  seccomp: "",
  apparmor: "",
  labels: [],
  mask: [],
  unmask: [],
  procOptions: [],
};

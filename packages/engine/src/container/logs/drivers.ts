/** What sorts of log drivers there are. */

/** The container has the standard streams of whoever starts it: nothing is read by the monitor. */
export function isPassthrough(driver: string): boolean {
  return driver === "passthrough" || driver === "passthrough-tty";
}

/** In Kubernetes' format, whichever name it goes by, as with Podman. */
export function keepsFile(driver: string): boolean {
  return driver === "k8s-file" || driver === "json-file";
}

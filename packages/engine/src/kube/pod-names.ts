/** What the pod of a workload is called. */

const TEMPLATED: readonly string[] = ["Deployment", "DaemonSet", "Job"];

/** Undefined for objects that are no workload. */
export function podNameOf({
  kind,
  name,
}: {
  readonly kind: string;
  readonly name: string;
}): string | undefined {
  if (kind === "Pod") return name;
  return TEMPLATED.includes(kind) ? `${name}-pod` : undefined;
}

/**
 * Kubernetes' objects as TypeScript sees them once they were read and checked: fields of a wrong type are left out,
 * required ones that are missing are "", 0, false, [] or {} (and were reported).
 */
export type * from "./types.generated.ts";
export type { PodTemplateSpec as PodTemplate } from "./types.generated.ts";

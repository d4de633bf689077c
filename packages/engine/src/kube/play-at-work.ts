/** A play while it is applied: what its parts share. */
import type { PullProgress } from "@podwright/spec/engine-api/images";
import type { Diagnostic } from "@podwright/spec/engine-api/kube";
import type { KubeContext } from "./context.ts";
import type { PlayPlan } from "./play-plan.ts";

export interface ApplyOptions {
  /** Pods of the same names go first. */
  readonly replace: boolean;
  readonly start: boolean;
  readonly progress: (event: PullProgress) => void;
  readonly signal?: AbortSignal;
  /** See PlanOptions: fault injection in tests, nothing else. */
  readonly afterStep?: (name: string) => void;
}

/** What a play at work knows of itself. */
export interface Play {
  readonly ctx: KubeContext;
  readonly id: string;
  readonly plan: PlayPlan;
  readonly options: ApplyOptions;
  /** Ids of the containers, by the pod's id, in the order of the manifest. */
  readonly containers: Map<string, string[]>;
  /** Ids of the secrets, by name. */
  readonly secrets: Map<string, string>;
  readonly warnings: Diagnostic[];
  /** Names of pods that made place. */
  readonly replaced: string[];
}

/** What the pod verbs that only look need: the same as for looking at containers. */
import type { ContainerViewContext } from "../container/view-context.ts";

export type PodViewContext = ContainerViewContext;

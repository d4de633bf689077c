/** What may still become of a pod, by what its containers are now: for whoever waits for it. Pure. */
import type { ContainerStatus, InitKind } from "@podwright/spec/engine-api/containers";
import type { PodCondition } from "@podwright/spec/engine-api/pods";

export interface WaitedMember {
  readonly name: string;
  readonly status: ContainerStatus;
  readonly ready: boolean;
  readonly role?: InitKind;
  readonly exitCode: number;
  /** Its policy is about to start it again. */
  readonly restartDue: boolean;
}

export interface Outlook {
  readonly met: readonly PodCondition[];
  /** Why it is not going to be ready, unless somebody starts it again. */
  readonly hopeless?: string;
}

/** `pending`: a Job has more to do with the pod. */
export function podOutlook(
  members: readonly WaitedMember[],
  { pending }: { readonly pending: boolean },
): Outlook {
  const lasting = members.filter(({ role }) => role === undefined || role === "sidecar");
  const ready = lasting.length > 0 && lasting.every((member) => member.ready);
  const waits = pending || members.some(({ restartDue }) => restartDue);
  const over = members.filter(isOver);
  const isStopped = over.length > 0 && !waits && !members.some(isActive);
  const ended = pending ? undefined : lasting.find((member) => isOver(member) && !member.restartDue);
  return {
    met: [...(ready ? (["ready"] as const) : []), ...(isStopped ? (["stopped"] as const) : [])],
    ...(ended === undefined
      ? {}
      : { hopeless: `container ${ended.name} has ended with exit code ${ended.exitCode}` }),
  };
}

function isOver({ status }: WaitedMember): boolean {
  return status === "exited";
}

function isActive({ status }: WaitedMember): boolean {
  return status !== "exited" && status !== "configured";
}

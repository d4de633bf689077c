/** The reports of `kube play` and `kube down`, as Podman words them. */
import type { DownReport, PlayReport } from "@podwright/spec/engine-api/kube";
import type { Outcome } from "@podwright/spec/engine-api/common";
import type { Io } from "../frame/command.ts";
import { reportOutcomes } from "../print/outcomes.ts";

export function printPlayed(io: Io, { volumes, secrets, pods, plan }: PlayReport): void {
  if (plan !== undefined) io.out(plan.map((line) => `${line}\n`).join(""));
  printList(io, "Volumes:", volumes);
  printList(
    io,
    "Secrets:",
    secrets.map(({ id }) => id),
  );
  for (const { id, containers } of pods) {
    io.out(`Pod:\n${id}\n`);
    if (containers.length === 0) continue;
    printList(io, containers.length === 1 ? "Container:" : "Containers:", containers);
    io.out("\n");
  }
}

function printList(io: Io, title: string, lines: readonly string[]): void {
  if (lines.length > 0) io.out(`${title}\n${lines.map((line) => `${line}\n`).join("")}`);
}

/** Gives the exit status. */
export function printDown(io: Io, report: DownReport): number {
  const sections: readonly (readonly [string, readonly Outcome[]])[] = [
    ["Pods stopped:", report.stopped],
    ["Pods removed:", report.removed],
    ["Secrets removed:", report.secrets],
    ["Volumes removed:", report.volumes],
  ];
  let status = 0;
  for (const [title, outcomes] of sections) {
    io.out(`${title}\n`);
    status = reportOutcomes(io, outcomes, ({ id, input }) => id ?? input) || status;
  }
  return status;
}

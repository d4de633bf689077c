/** `top` with options of ps(1): the host's ps among the container's processes, or the container's own. */
import type { ProcessTable } from "@podwright/spec/engine-api/usage";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { ContainerRecord } from "../ports/container-record.ts";
import type { PsOutput } from "../ports/process-facts.ts";
import type { UsageContext } from "./context.ts";
import { splitShellWords } from "./shell-words.ts";

/** The rows are lines as ps has written them, in one column. @throws CONTAINER_TOP_FAILED */
export async function containerPs(
  ctx: UsageContext,
  record: ContainerRecord,
  options: readonly string[],
): Promise<ProcessTable> {
  const [only = ""] = options;
  const args = options.length === 1 ? splitShellWords(only).filter((word) => word !== "") : options;
  const output = await runPs(ctx, record, args);
  const [title = "", ...rows] = withoutItself(output, args);
  return { titles: [title], rows: rows.map((row) => [row]) };
}

async function runPs(ctx: UsageContext, record: ContainerRecord, args: readonly string[]): Promise<PsOutput> {
  const { id, capabilities, security } = record.config;
  // With it the container's processes could reach into ours, which the host's ps is.
  const mayTrace = security.privileged || capabilities.includes("CAP_SYS_PTRACE");
  const { pid } = ctx.views.status(record);
  const fromHost = mayTrace ? undefined : await ctx.hostPs.run(pid, args);
  if (fromHost !== undefined) return fromHost;
  if (!mayTrace) {
    ctx.log.warn("Falling back to container ps(1), could not execute ps(1) from the host");
  }
  const { exitCode, stdout, stderr } = await ctx.execInside(id, ["ps", ...args]);
  if (exitCode === 0) return { lines: stdout.replace(/\n$/, "").split("\n"), ownPid: "" };
  throw new EngineError(
    "CONTAINER_TOP_FAILED",
    `executing ps(1) in container: runtime failed with exit status: ${exitCode} and output: ${stderr.trim()}`,
  );
}

/** ps sees itself as well: by its number where that is a column, else by its command line. */
function withoutItself({ lines, ownPid }: PsOutput, args: readonly string[]): string[] {
  const [heading = "", ...rows] = lines;
  const titles = heading.trim().split(/\s+/);
  const place = titles.indexOf("PID");
  const command = ["ps", ...args].join(" ");
  const isPs = (row: string): boolean => {
    if (ownPid !== "" && place >= 0) return row.trim().split(/\s+/)[place] === ownPid;
    return row.trimEnd().endsWith(command) || (titles.length === 1 && row.trim() === "ps");
  };
  return [heading, ...rows.filter((row) => !isPs(row))];
}

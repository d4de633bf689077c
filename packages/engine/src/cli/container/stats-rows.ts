/** The columns, template fields and JSON of `stats`. */
import type { ContainerUsage } from "@podwright/spec/engine-api/usage";
import { goDuration } from "@podwright/spec/values/duration";
import { binarySize, humanSize } from "../print/human.ts";
import type { RowSpec } from "../print/rows.ts";

export const STATS_FORMAT = `table ${[
  "ID",
  "Name",
  "CPUPerc",
  "MemUsage",
  "MemPerc",
  "NetIO",
  "BlockIO",
  "PIDS",
  "UpTime",
  "AVGCPU",
]
  .map((name) => `{{.${name}}}`)
  .join("\t")}`;

export function statsRows({ noTrunc }: { readonly noTrunc: boolean }): RowSpec<ContainerUsage> {
  const id = (row: ContainerUsage): string => (noTrunc ? row.id : row.id.slice(0, 12));
  return {
    fields: {
      ID: id,
      ContainerID: (row) => row.id,
      Name: (row) => row.name,
      CPUPerc: (row) => showPercent(row.cpuPercent),
      AVGCPU: (row) => showPercent(row.averageCpuPercent),
      MemUsage: showMemory,
      MemUsageBytes: (row) => `${binarySize(row.memory)} / ${binarySize(row.memoryLimit)}`,
      MemPerc: (row) => showPercent(row.memoryPercent),
      NetIO: (row) => pair(row.netInput, row.netOutput),
      BlockIO: (row) => pair(row.blockInput, row.blockOutput),
      PIDS: (row) => String(row.pids),
      UpTime: (row) => goDuration(row.cpuNanoseconds / 1e6),
      Up: (row) => goDuration(row.cpuNanoseconds / 1e6),
      AvgCPU: (row) => row.averageCpuPercent,
      CPU: (row) => row.cpuPercent,
      CPUNano: (row) => row.cpuNanoseconds,
      CPUSystemNano: (row) => row.cpuSystemNanoseconds,
      SystemNano: (row) => row.at * 1e6,
      Duration: (row) => row.cpuNanoseconds,
      MemLimit: (row) => row.memoryLimit,
      BlockInput: (row) => row.blockInput,
      BlockOutput: (row) => row.blockOutput,
      PIDs: (row) => row.pids,
    },
    headers: {
      ID: "ID",
      UpTime: "CPU TIME",
      CPUPerc: "CPU %",
      AVGCPU: "Avg CPU %",
      MemUsage: "MEM USAGE / LIMIT",
      MemUsageBytes: "MEM USAGE / LIMIT",
      MemPerc: "MEM %",
      NetIO: "NET IO",
      BlockIO: "BLOCK IO",
      PIDS: "PIDS",
    },
    json: (row) => ({
      id: id(row),
      name: row.name,
      cpu_time: goDuration(row.cpuNanoseconds / 1e6),
      cpu_percent: showPercent(row.cpuPercent),
      avg_cpu: showPercent(row.averageCpuPercent),
      mem_usage: showMemory(row),
      mem_percent: showPercent(row.memoryPercent),
      net_io: pair(row.netInput, row.netOutput),
      block_io: pair(row.blockInput, row.blockOutput),
      pids: String(row.pids),
    }),
    jsonIndent: 1,
  };
}

export function showPercent(value: number): string {
  return `${value.toFixed(2)}%`;
}

function showMemory(row: ContainerUsage): string {
  return pair(row.memory, row.memoryLimit);
}

function pair(a: number, b: number): string {
  return `${humanSize(a, "", 4)} / ${humanSize(b, "", 4)}`;
}

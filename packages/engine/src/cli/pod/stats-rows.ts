/** The columns, template fields and JSON of `pod stats`. */
import type { ContainerUsage } from "@podwright/spec/engine-api/usage";
import { binarySize, humanSize } from "../print/human.ts";
import type { RowSpec } from "../print/rows.ts";

type Show = (row: ContainerUsage) => string;

const pair =
  (
    a: (row: ContainerUsage) => number,
    b: (row: ContainerUsage) => number,
    show: (n: number) => string,
  ): Show =>
  (row) =>
    a(row) === 0 && b(row) === 0 ? "-- / --" : `${show(a(row))} / ${show(b(row))}`;

const human = (bytes: number): string => humanSize(bytes, "", 4);
const percent = (value: number): string => `${value.toFixed(2)}%`;

/** In the order of Podman's JSON. */
const FIELDS = {
  CPU: (row) => percent(row.cpuPercent),
  MemUsage: pair(
    (row) => row.memory,
    (row) => row.memoryLimit,
    human,
  ),
  MemUsageBytes: pair(
    (row) => row.memory,
    (row) => row.memoryLimit,
    binarySize,
  ),
  Mem: (row) => percent(row.memoryPercent),
  NetIO: pair(
    (row) => row.netInput,
    (row) => row.netOutput,
    human,
  ),
  BlockIO: pair(
    (row) => row.blockInput,
    (row) => row.blockOutput,
    human,
  ),
  PIDS: (row) => (row.pids === 0 ? "--" : String(row.pids)),
  Pod: (row) => row.podId.slice(0, 12),
  CID: (row) => row.id.slice(0, 12),
  Name: (row) => row.name,
} as const satisfies Record<string, Show>;

const COLUMNS = ["Pod", "CID", "Name", "CPU", "MemUsage", "Mem", "NetIO", "BlockIO", "PIDS"];

export const POD_STATS_FORMAT = `table ${COLUMNS.map((name) => `{{.${name}}}`).join("\t")}`;

/** A table without a row. */
export const NO_POD_STATS = COLUMNS.map(() => "--");

export const POD_STATS_ROWS: RowSpec<ContainerUsage> = {
  fields: FIELDS,
  headers: {
    CPU: "CPU %",
    MemUsage: "MEM USAGE/ LIMIT",
    MemUsageBytes: "MEM USAGE/ LIMIT",
    Mem: "MEM %",
    NetIO: "NET IO",
    BlockIO: "BLOCK IO",
    PIDS: "PIDS",
    CID: "CID",
  },
  json: (row) => Object.fromEntries(Object.entries(FIELDS).map(([name, show]) => [name, show(row)])),
  jsonIndent: 5,
};

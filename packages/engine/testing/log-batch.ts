/** A batch of a container's log, of the lines that a test needs. */
import type { LogBatch } from "@podwright/spec/engine-api/log-batch";
import { RecordColumns, scanRecords } from "../src/container/logs/k8s-file.ts";

export function logBatch(containerId: string, ...lines: readonly string[]): LogBatch {
  const records = lines.map((line) => `2026-01-02T03:04:05.000000000+00:00 stdout F ${line}\n`);
  return recordBatch(containerId, records.join(""));
}

/** As `logBatch`, of records as they stand in a log. */
export function recordBatch(containerId: string, records: string): LogBatch {
  const bytes = Buffer.from(records);
  const columns = new RecordColumns();
  scanRecords(bytes, columns);
  const name = `name-${containerId}`;
  return { containerId, containerName: name, bytes, columns: columns.numbers, from: 0, to: columns.count };
}

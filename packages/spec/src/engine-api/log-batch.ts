/** How the lines of logs travel from the engine to whoever shows them. */

/**
 * Lines of one container, in the order it wrote them; in columns, for a log may hold millions. `logLines` gives them
 * one by one. Valid until the next batch is asked for: the bytes are then read over.
 */
export interface LogBatch {
  readonly containerId: string;
  readonly containerName: string;
  readonly bytes: Uint8Array;
  /** Per line LOG_COLUMNS numbers: where its time, its text and its end (a newline) are in `bytes`, and its flags. */
  readonly columns: Int32Array;
  /** Lines `from` to `to` (exclusive) of the columns. */
  readonly from: number;
  readonly to: number;
}

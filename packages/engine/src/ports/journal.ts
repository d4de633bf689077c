/** The systemd journal, as far as containers' logs are kept in it. */

export interface JournalQuery {
  /** The container's whole id. */
  readonly containerId: string;
  /** Milliseconds since 1970. */
  readonly since?: number;
  /** Only what comes after the entry of this name. */
  readonly after?: string;
  /** Number of last entries; absent for all. */
  readonly last?: number;
}

export interface JournalRecords {
  /** Whole records in Kubernetes' format. */
  readonly bytes: Buffer;
  /** Of the last entry among them. */
  readonly cursor: string;
}

export interface Journal {
  /** What is there. @throws HOST_PART_MISSING, HOST_COMMAND_FAILED */
  read(query: JournalQuery): AsyncIterable<JournalRecords>;
  /** As `read`, and on with what comes, until the signal is aborted. */
  follow(query: JournalQuery, signal: AbortSignal): AsyncIterable<JournalRecords>;
  /** Resolves when all that was sent to the journal can be read, as far as the host lets us ask for it. */
  settle(): Promise<void>;
}

/** What the links of a network namespace have carried since they were made. */
export interface LinkCounters {
  readonly name: string;
  /** Bytes. */
  readonly received: number;
  readonly sent: number;
}

export interface NetCounters {
  /** Of the namespace that the process is in; [] where it is gone. */
  ofProcess(pid: number): readonly LinkCounters[];
  /** Of a namespace that is pinned at the path; [] where there is none. */
  ofNamespace(path: string): readonly LinkCounters[];
}

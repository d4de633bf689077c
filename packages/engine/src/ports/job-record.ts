/** A Job: pods that run to their end, so many at a time, with so many failures allowed. */

export interface JobSpec {
  /** Pods that have to succeed. Absent: one that has is enough, once all have ended. */
  readonly completions?: number;
  /** Pods that run at a time. 0 starts none. */
  readonly parallelism: number;
  /** Failures after which it is given up. */
  readonly backoffLimit: number;
  /** Seconds. */
  readonly activeDeadline?: number;
  /** Seconds after its end until its pods are removed; absent: never. */
  readonly keptFor?: number;
  /** Nothing of it is started until a pod of it is, by hand. */
  readonly suspended: boolean;
}

/** What is counted of a pod; one that has not failed has none. */
export interface JobPodState {
  /** Runs that failed, those among them that its containers' restart policy answered. */
  readonly failures: number;
  /** Start of the last run that was counted (milliseconds since 1970): a failure counts once. */
  readonly counted: number;
  /** Milliseconds since 1970. */
  readonly retryAt: number;
  /** Why the last one failed, where that is not an exit code: it could not be started. */
  readonly message: string;
}

export interface JobEnd {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly complete: boolean;
  /** Kubernetes' word: "BackoffLimitExceeded", "DeadlineExceeded"; "" when complete. */
  readonly reason: string;
  readonly message: string;
}

export interface JobState {
  /** Milliseconds since 1970; 0 while none of its pods was ever started. */
  readonly startedAt: number;
  /** By the pod's id. */
  readonly pods: Readonly<Record<string, JobPodState>>;
  /** Noted before what still runs of it is stopped. */
  readonly end?: JobEnd;
}

/** Its pods name it (PodConfig.job); one that no pod names is gone. */
export interface JobRecord {
  readonly id: string;
  readonly name: string;
  readonly spec: JobSpec;
  readonly state: JobState;
}

export interface JobStore {
  add(record: JobRecord): void;
  get(id: string): JobRecord | undefined;
  list(): JobRecord[];
  /** In one transaction; undefined when gone. */
  updateState(id: string, change: (state: JobState) => JobState): JobState | undefined;
  /** Those that no pod names. */
  removeUnused(): void;
}

/** Health checks of containers: what is asked of them, what they find. */

/** What a container's health check does when it finds it unhealthy. */
export type HealthAction = "none" | "kill" | "restart" | "stop";

/** `healthcheck` of a container; durations in milliseconds. */
export interface HealthRequest {
  /** ["CMD", …], ["CMD-SHELL", "…"], ["NONE"]. */
  readonly test: readonly string[];
  /** 0 never checks by itself. */
  readonly interval: number;
  readonly timeout: number;
  readonly startPeriod: number;
  readonly retries: number;
  /** Takes the place of `test` until it has succeeded often enough. */
  readonly startup?: StartupHealthRequest;
  /** "none" when absent. */
  readonly onFailure?: HealthAction;
  /** "local" (beside the run), "events_logger", or a directory. */
  readonly logDestination?: string;
  /** Results that are kept; 0 is no limit. */
  readonly maxLogCount?: number;
  /** Characters of output that are kept of each; 0 is no limit. */
  readonly maxLogSize?: number;
}

export interface StartupHealthRequest {
  /** Absent: the same as the health check's. */
  readonly test?: readonly string[];
  readonly interval: number;
  readonly timeout: number;
  /** Failures after which the container is restarted; 0 is never. */
  readonly retries: number;
  /** Successes that it takes; 0 counts as one. */
  readonly successes: number;
}

/** What a caller says of a health check; the image's own, else the defaults, say the rest. */
export type HealthWish = Partial<Omit<HealthRequest, "startup">> & {
  readonly startup?: Partial<StartupHealthRequest>;
};

/** What one run of the check has found; what the container is by then takes more than one. */
export interface HealthResult {
  /** "starting" is a start-up check that failed. */
  readonly status: HealthStatus;
  /** 0, 1, or -1 when it was ended for its time was over. */
  readonly exitCode: number;
  readonly output: string;
}

export type HealthStatus = "starting" | "healthy" | "unhealthy";

/** `Config` of `container inspect`. */

/** Durations in nanoseconds, as Docker has them. */
export interface InspectHealthcheck {
  Test?: string[];
  Interval?: number;
  Timeout?: number;
  StartPeriod?: number;
  Retries?: number;
}

export interface InspectStartupHealthcheck extends InspectHealthcheck {
  Successes?: number;
}

export interface InspectSecret {
  Name: string;
  ID: string;
  UID: number;
  GID: number;
  Mode: number;
}

export interface InspectContainerConfig {
  Hostname: string;
  Domainname: string;
  User: string;
  AttachStdin: boolean;
  AttachStdout: boolean;
  AttachStderr: boolean;
  Tty: boolean;
  OpenStdin: boolean;
  StdinOnce: boolean;
  Env: string[] | null;
  Cmd: string[] | null;
  Image: string;
  Volumes: Record<string, object> | null;
  WorkingDir: string;
  Entrypoint: string[] | null;
  OnBuild: string | null;
  Labels: Record<string, string> | null;
  Annotations: Record<string, string> | null;
  /** "SIGTERM". */
  StopSignal: string;
  StartupHealthCheck?: InspectStartupHealthcheck;
  Healthcheck?: InspectHealthcheck;
  HealthcheckOnFailureAction?: string;
  HealthLogDestination?: string;
  HealthcheckMaxLogCount?: number;
  HealthcheckMaxLogSize?: number;
  CreateCommand?: string[];
  Timezone?: string;
  SystemdMode?: boolean;
  Umask?: string;
  Secrets?: InspectSecret[];
  /** Seconds. */
  Timeout: number;
  StopTimeout: number;
  Passwd?: boolean;
  ChrootDirs?: string[];
  sdNotifyMode?: string;
  sdNotifySocket?: string;
  ExposedPorts?: Record<string, object>;
}

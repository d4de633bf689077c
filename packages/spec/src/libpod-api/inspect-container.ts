/** `container inspect` as Podman prints it (podman.md §4.2): every key, in Podman's order. */
import type { InspectContainerConfig } from "./inspect-container-config.ts";
import type { InspectHostConfig } from "./inspect-host-config.ts";
import type { InspectMount } from "./inspect-mount.ts";
import type { InspectNetworkSettings } from "./inspect-network.ts";

export interface InspectHealthLog {
  Start: string;
  End: string;
  ExitCode: number;
  Output: string;
}

export interface InspectHealth {
  Status: string;
  FailingStreak: number;
  Log: InspectHealthLog[] | null;
}

export interface InspectProbe {
  Status: "undecided" | "passed" | "failed";
  /** Failures in a row that have not yet decided. */
  FailingStreak: number;
  /** Of the last failure. */
  Message: string;
}

export interface InspectProbes {
  Startup?: InspectProbe;
  Liveness?: InspectProbe;
  Readiness?: InspectProbe;
}

export interface InspectState {
  OciVersion: string;
  Status: string;
  Running: boolean;
  Paused: boolean;
  Restarting: boolean;
  OOMKilled: boolean;
  Dead: boolean;
  /** 0 when there is no process. */
  Pid: number;
  ConmonPid?: number;
  ExitCode: number;
  Error: string;
  /** RFC 3339; Go's zero time for never. */
  StartedAt: string;
  FinishedAt: string;
  Health?: InspectHealth;
  /** Podwright's own, of a container with Kubernetes' probes: what they have found in this run. */
  Probes?: InspectProbes;
  /** Podwright's own, beside `Probes`: it runs, and has passed its startup and readiness probes. */
  Ready?: boolean;
  Checkpointed?: boolean;
  CgroupPath?: string;
  CheckpointedAt: string;
  RestoredAt: string;
  CheckpointLog?: string;
  CheckpointPath?: string;
  RestoreLog?: string;
  Restored?: boolean;
  StoppedByUser?: boolean;
}

export interface InspectGraphDriver {
  Name: string;
  Data: Record<string, string>;
}

export interface InspectContainer {
  Id: string;
  Created: string;
  Path: string;
  Args: string[];
  State: InspectState;
  /** Id of the image, without "sha256:". */
  Image: string;
  ImageDigest: string;
  ImageName: string;
  Rootfs: string;
  Pod: string;
  ResolvConfPath: string;
  HostnamePath: string;
  HostsPath: string;
  StaticDir: string;
  OCIConfigPath?: string;
  OCIRuntime?: string;
  ConmonPidFile: string;
  PidFile: string;
  Name: string;
  RestartCount: number;
  Driver: string;
  MountLabel: string;
  ProcessLabel: string;
  AppArmorProfile: string;
  EffectiveCaps: string[] | null;
  BoundingCaps: string[] | null;
  ExecIDs: string[];
  GraphDriver: InspectGraphDriver;
  SizeRw?: number;
  SizeRootFs?: number;
  Mounts: InspectMount[];
  Dependencies: string[];
  NetworkSettings: InspectNetworkSettings;
  Namespace: string;
  IsInfra: boolean;
  IsService: boolean;
  KubeExitCodePropagation: string;
  lockNumber: number;
  Config: InspectContainerConfig;
  HostConfig: InspectHostConfig;
  UseImageHosts: boolean;
  UseImageHostname: boolean;
}

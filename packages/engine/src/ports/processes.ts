/** What the kernel says of processes. A pid alone proves nothing: it counts with its start time and boot. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat: clock ticks after boot. */
  readonly startTime: number;
  readonly bootId: string;
}

export interface Processes {
  readonly bootId: string;
  /** Identity of a live process, undefined when there is none (a zombie is none). */
  identify(pid: number): ProcessIdentity | undefined;
  isAlive(identity: ProcessIdentity): boolean;
  /** Sends a signal; gives false when the process is gone. */
  kill(identity: ProcessIdentity, signal: number): boolean;
  /** All in the mount namespace of this one, itself among them; [] when it is gone. */
  sharingMounts(pid: number): number[];
}

/** A user's mount, as `container inspect` and `pod inspect` show it. */
export interface InspectMount {
  Type: string;
  /** Of a volume. */
  Name?: string;
  Source: string;
  Destination: string;
  Driver: string;
  /** "z", "Z" or "". */
  Mode: string;
  Options: string[];
  RW: boolean;
  Propagation: string;
  SubPath?: string;
}

export interface InspectDevice {
  PathOnHost: string;
  PathInContainer: string;
  CgroupPermissions: string;
}

export interface InspectThrottleDevice {
  Path: string;
  /** Bytes or operations per second. */
  Rate: number;
}

export interface InspectWeightDevice {
  Path: string;
  Weight: number;
}

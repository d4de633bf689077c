/** What is stored of a volume. */
import type { Labels } from "@podwright/spec/engine-api/common";

export interface VolumeRecord {
  readonly name: string;
  readonly driver: string;
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly labels: Labels;
  readonly options: Readonly<Record<string, string>>;
  readonly uid: number;
  readonly gid: number;
  readonly anonymous: boolean;
  readonly needsCopyUp: boolean;
  readonly needsChown: boolean;
}

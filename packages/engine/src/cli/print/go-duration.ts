/** A span of time as Go shows it: `1m30s` in templates, its nanoseconds in JSON and where it is compared. */
import { goDuration } from "@podwright/spec/values/duration";

export class GoDuration {
  readonly nanoseconds: number;

  constructor(nanoseconds: number) {
    this.nanoseconds = nanoseconds;
  }

  toString(): string {
    return goDuration(this.nanoseconds / 1e6);
  }

  toJSON(): number {
    return this.nanoseconds;
  }
}

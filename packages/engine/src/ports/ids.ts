/** Where ids, names and the time come from, so that tests can say them. */
export interface IdSource {
  /** 64 random hex digits. */
  id(): string;
  /** "adjective_name", for the 0-based attempt; later attempts add digits. */
  name(attempt: number): string;
}

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
}

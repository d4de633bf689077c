/**
 * Seccomp filters as the runtime has compiled them, kept until the next boot: to compile one takes more processor
 * time than all else that crun does for a container (22 of 37 ms).
 */
import type { RuntimeSpec } from "@podwright/spec/oci-runtime/spec";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from "node:fs";

/** crun installs these bytes, in base64, and compiles nothing (crun(1)). */
const ANNOTATION = "run.oci.seccomp_bpf_data";
/** There is one per set of capabilities; more than these are no reason to fill the memory. */
const MOST_KEPT = 64;
/** linux/filter.h, linux/bpf_common.h. */
const INSTRUCTION = 8;
const MOST_INSTRUCTIONS = 4096;

export class CompiledSeccomp {
  readonly #directory: string;
  readonly #program: string;

  /** `directory` is made on first use, on a tmpfs; `program` is the runtime's. */
  constructor(directory: string, program: string) {
    this.#directory = directory;
    this.#program = program;
  }

  /** The same in effect; with the compiled filter where it was kept. */
  replaceIn(spec: RuntimeSpec): RuntimeSpec {
    const file = this.#fileFor(spec);
    const filter = file === undefined ? undefined : readFilter(file);
    if (filter === undefined) return spec;
    const { seccomp: _compiled, ...linux } = spec.linux;
    return {
      ...spec,
      annotations: { ...spec.annotations, [ANNOTATION]: filter.toString("base64") },
      linux,
    };
  }

  /** `compiled` is the file that the runtime has made of this spec's filter. */
  keep(spec: RuntimeSpec, compiled: string): void {
    const file = this.#fileFor(spec);
    if (file === undefined || existsSync(file)) return;
    const filter = readFilter(compiled);
    if (filter === undefined || !this.#understandsFilters()) return;
    try {
      mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
      if (readdirSync(this.#directory).length >= MOST_KEPT) return;
      // By rename: who reads it, reads all of it.
      const fresh = `${file}.${process.pid}`;
      writeFileSync(fresh, filter, { mode: 0o600 });
      renameSync(fresh, file);
    } catch (error) {
      if (!(error instanceof Error && "errno" in error)) throw error;
      // What cannot be kept is compiled again.
    }
  }

  /** Undefined where the annotation would not say all that the spec says, or is the user's own. */
  #fileFor(spec: RuntimeSpec): string | undefined {
    const { seccomp } = spec.linux;
    if (seccomp === undefined || spec.annotations?.[ANNOTATION] !== undefined) return undefined;
    // Flags and listeners are told to the kernel beside the filter.
    const { defaultAction, defaultErrnoRet, architectures, syscalls, ...beside } = seccomp;
    if (Object.keys(beside).length > 0) return undefined;
    const { size, mtimeMs } = statSync(this.#program);
    const parts = [defaultAction, defaultErrnoRet, architectures, syscalls, this.#program, size, mtimeMs];
    return `${this.#directory}/${new Bun.CryptoHasher("sha256").update(JSON.stringify(parts)).digest("hex")}`;
  }

  /** A crun that did not know the annotation would start containers without any filter. */
  #understandsFilters(): boolean {
    return readFileSync(this.#program).includes(ANNOTATION);
  }
}

function readFilter(path: string): Buffer | undefined {
  let filter: Buffer;
  try {
    filter = readFileSync(path);
  } catch {
    // The runtime's file goes with its container; ours may never have been.
    return undefined;
  }
  const whole = filter.length > 0 && filter.length % INSTRUCTION === 0;
  return whole && filter.length <= MOST_INSTRUCTIONS * INSTRUCTION ? filter : undefined;
}

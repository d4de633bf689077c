/** Runs nft commands: in this process through libnftables, or by the `nft` program where the library is missing. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { CString, dlopen, type Pointer } from "bun:ffi";
import { runCommand } from "../process/run.ts";
import { cstr } from "../sys/libc.ts";

export interface NftResult {
  readonly output: string;
  /** What nft said when it failed; the transaction is then undone as a whole. */
  readonly error: string | undefined;
}

export interface NftRunner {
  /** Newline-separated commands are one transaction. */
  run(commands: string): Promise<NftResult>;
}

/** @throws HOST_PART_MISSING when neither is there */
export function openNft(): NftRunner {
  return LibNftables.open() ?? new NftProgram();
}

const LIBRARY = "libnftables.so.1";

function load() {
  return dlopen(LIBRARY, {
    nft_ctx_new: { args: ["u32"], returns: "ptr" },
    nft_ctx_buffer_error: { args: ["ptr"], returns: "i32" },
    nft_ctx_buffer_output: { args: ["ptr"], returns: "i32" },
    nft_run_cmd_from_buffer: { args: ["ptr", "ptr"], returns: "i32" },
    nft_ctx_get_error_buffer: { args: ["ptr"], returns: "ptr" },
    nft_ctx_get_output_buffer: { args: ["ptr"], returns: "ptr" },
  }).symbols;
}

/** Keeps its netlink socket: it works on the network namespace that the thread was in when it was opened. */
export class LibNftables implements NftRunner {
  readonly #library: ReturnType<typeof load>;
  readonly #context: Pointer;

  private constructor(library: ReturnType<typeof load>, context: Pointer) {
    this.#library = library;
    this.#context = context;
  }

  /** undefined when the library is not installed. */
  static open(): LibNftables | undefined {
    let library: ReturnType<typeof load>;
    try {
      library = load();
    } catch {
      // bun:ffi says only in words why a library cannot be loaded.
      return undefined;
    }
    const context = library.nft_ctx_new(0);
    if (context === null) throw new EngineError("HOST_CALL_FAILED", `cannot open ${LIBRARY}`);
    library.nft_ctx_buffer_error(context);
    library.nft_ctx_buffer_output(context);
    return new LibNftables(library, Number(context) as Pointer);
  }

  async run(commands: string): Promise<NftResult> {
    const status = this.#library.nft_run_cmd_from_buffer(this.#context, cstr(commands));
    const output = text(this.#library.nft_ctx_get_output_buffer(this.#context));
    const error = text(this.#library.nft_ctx_get_error_buffer(this.#context));
    return { output, error: status === 0 ? undefined : error };
  }
}

export class NftProgram implements NftRunner {
  async run(commands: string): Promise<NftResult> {
    const result = await runCommand({ argv: ["nft", "-f", "-"], input: `${commands}\n`, timeoutMs: 30_000 });
    const failed = result.exitCode !== 0 || result.signal !== undefined;
    return { output: result.stdout.toString(), error: failed ? result.stderr : undefined };
  }
}

function text(at: Pointer | bigint | null): string {
  // A CString is a String object; slice() makes the primitive that its type promises.
  return at === null ? "" : new CString(at).slice();
}

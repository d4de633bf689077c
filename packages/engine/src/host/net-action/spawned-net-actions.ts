/** NetActions by a process of our own that enters the namespace for good: sockets belong to where they are made. */
import type { NetActionRequest, NetActions } from "../../ports/net-action.ts";
import { runBounded } from "../process/run-bounded.ts";

export class SpawnedNetActions implements NetActions {
  readonly #self: readonly string[];

  /** `self` is the command line of this program, without a verb. */
  constructor(self: readonly string[]) {
    this.#self = self;
  }

  async run({ action, netnsPath, timeout, signal }: NetActionRequest): Promise<string | undefined> {
    const end = await runBounded({
      argv: [...this.#self, "internal", "net-action"],
      // Not among the arguments, which all users of the host can see: headers may hold secrets.
      input: JSON.stringify({ action, netnsPath }),
      timeout,
      ...(signal === undefined ? {} : { signal }),
      kill: () => {},
    });
    if (end.killed)
      return signal?.aborted === true ? "canceled" : `no answer within ${timeout / 1000} seconds`;
    if (end.exitCode === 0) return undefined;
    const reason = end.output.trim();
    return reason === "" ? `exit status ${end.exitCode}` : reason;
  }
}

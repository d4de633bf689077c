/** Hidden entry points: processes that the engine starts of itself. Nothing here reads settings or state. */

/** `podwright internal VERB …`; gives the exit status. */
export async function runInternal(args: readonly string[]): Promise<number> {
  const [verb = "", ...rest] = args;
  switch (verb) {
    case "unpack-layer":
      return (await import("./host/layers/unpack/unpack-child.ts")).runUnpackChild(rest);
    case "net-action":
      // As the cli does: certificates are checked whatever a developer's shell exports.
      delete process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
      return (await import("./host/net-action/net-action-child.ts")).runNetActionChild();
    case "forward":
      return (await import("./host/forwarder/child.ts")).runForward(rest);
    case "set-hostname":
      (await import("./host/sys/namespace.ts")).setHostname(rest[0] ?? "");
      return 0;
    default:
      return 2;
  }
}

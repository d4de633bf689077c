/** Says who has a port that is taken, when it is one of our own. */
import type { PortMapping } from "@podwright/spec/engine-api/common";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { NetworkContext } from "./context.ts";

/** Adds the pod's or container's name to a PORT_IN_USE error. */
export function explainPortInUse(ctx: NetworkContext, error: EngineError): EngineError {
  const hostPort = Number(error.details["hostPort"]);
  const protocol = String(error.details["protocol"]);
  if (!Number.isInteger(hostPort)) return error;
  const owner = portOwner(ctx, hostPort, protocol);
  const hint =
    owner === undefined
      ? `another process on this host has it: ss -lnp 'sport = :${hostPort}' shows which`
      : `${owner} publishes it: stop that first, or choose another port`;
  const message = owner === undefined ? error.message : `${error.message} by ${owner}`;
  return new EngineError("PORT_IN_USE", message, {
    hint,
    cause: error,
    details: { ...error.details, ...(owner === undefined ? {} : { owner }) },
  });
}

/** `pod "web"` or `container "web"`: one that has addresses now and has published this port. */
function portOwner(ctx: NetworkContext, hostPort: number, protocol: string): string | undefined {
  const { networks, pods, containers } = ctx.store;
  const attached = new Set(networks.leases({}).map((lease) => lease.owner));
  const covers = (ports: readonly PortMapping[] | undefined): boolean =>
    ports?.some(
      (port) =>
        port.protocol === protocol && hostPort >= port.hostPort && hostPort < port.hostPort + port.length,
    ) === true;
  for (const owner of attached) {
    const pod = pods.get(owner);
    if (covers(pod?.state.sandbox?.ports)) return `pod "${pod?.config.name}"`;
    const container = containers.get(owner);
    if (covers(container?.state.run?.ports)) return `container "${container?.config.name}"`;
  }
  return undefined;
}

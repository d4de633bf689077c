/** Says who has a port that is taken: one of our own, or a process of the host. */
import type { PortMapping } from "@podwright/spec/engine-api/common";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { HostPorts } from "../ports/host-ports.ts";
import type { NetworkContext } from "./context.ts";

interface Owner {
  readonly name: string;
  readonly hint: string;
}

/** Adds the owner's name to a PORT_IN_USE error. */
export function explainPortInUse(ctx: NetworkContext, error: EngineError, hostPorts: HostPorts): EngineError {
  const port = Number(error.details["hostPort"]);
  const protocol = String(error.details["protocol"]);
  if (!Number.isInteger(port)) return error;
  const owner = ourOwner(ctx, port, protocol) ?? hostOwner(hostPorts, error);
  const hint = owner?.hint ?? `another process on this host has it: choose another port`;
  const message = owner === undefined ? error.message : `${error.message} by ${owner.name}`;
  return new EngineError("PORT_IN_USE", message, {
    hint,
    cause: error,
    details: { ...error.details, ...(owner === undefined ? {} : { owner: owner.name }) },
  });
}

function ourOwner(ctx: NetworkContext, port: number, protocol: string): Owner | undefined {
  const name = portOwner(ctx, port, protocol);
  if (name === undefined) return undefined;
  return { name, hint: `${name} publishes it: stop that first, or choose another port` };
}

function hostOwner(hostPorts: HostPorts, { details }: EngineError): Owner | undefined {
  const { address, hostPort, protocol } = details;
  if (typeof address !== "string" || (protocol !== "tcp" && protocol !== "udp")) return undefined;
  const holder = hostPorts.holder({ address, port: Number(hostPort), protocol });
  if (holder === undefined) return undefined;
  return {
    name: `${holder.name} (process ${holder.pid})`,
    hint: `stop that process first, or choose another port`,
  };
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

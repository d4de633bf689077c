/** Published ports of an ordinary user's bridges: one forwarder takes clients of the host's ports to the sandboxes' addresses. */
import type { PortMapping } from "@podwright/spec/engine-api/common";
import { isEngineError } from "@podwright/spec/errors/engine-error";
import type { PublishRequest } from "../../ports/firewall.ts";
import type { Forward, Forwarded, Forwarder, ForwardTarget, WithoutSource } from "../../ports/forwarder.ts";
import type { HostEndpoint, HostPorts } from "../../ports/host-ports.ts";
import type { Locks } from "../../ports/lock.ts";

export interface UserPortsPlace {
  /** Of the user's network namespace. */
  readonly directory: string;
  readonly netnsPath: string;
  readonly locks: Locks;
  readonly forwarder: () => Promise<Forwarder>;
  readonly hostPorts: () => Promise<HostPorts>;
  /** Told of protocols whose clients are not seen with their own addresses. */
  readonly warn: (without: WithoutSource) => void;
}

interface Wanted {
  readonly endpoint: HostEndpoint;
  readonly target: ForwardTarget;
}

const LOCK = "user-network-ports";

export class UserPorts {
  readonly #place: UserPortsPlace;

  constructor(place: UserPortsPlace) {
    this.#place = place;
  }

  /** All or none; those that lead there already stay. @throws PORT_IN_USE */
  async publish(request: PublishRequest): Promise<void> {
    using _lock = await this.#place.locks.acquire(LOCK);
    await this.#add(wantedOf(request));
  }

  async unpublish(request: PublishRequest): Promise<void> {
    using _lock = await this.#place.locks.acquire(LOCK);
    await this.#remove(
      wantedOf(request).map(({ endpoint }) => endpoint),
      request.addresses,
    );
  }

  /** What goes is gone for a moment when a port only moves. @throws PORT_IN_USE, with what went back in place */
  async exchange({
    remove,
    add,
  }: {
    readonly remove: PublishRequest;
    readonly add: PublishRequest;
  }): Promise<void> {
    using _lock = await this.#place.locks.acquire(LOCK);
    const gone = wantedOf(remove);
    await this.#remove(
      gone.map(({ endpoint }) => endpoint),
      remove.addresses,
    );
    try {
      await this.#add(wantedOf(add));
    } catch (error) {
      if (isEngineError(error, "PORT_IN_USE")) await this.#add(gone);
      throw error;
    }
  }

  async restore(request: PublishRequest): Promise<void> {
    using _lock = await this.#place.locks.acquire(LOCK);
    const wanted = wantedOf(request);
    const keys = new Set(wanted.map(({ endpoint }) => keyOf(endpoint)));
    const present = (await this.#list()) ?? [];
    const stray = present.filter(
      ({ endpoint, address }) => request.addresses.includes(address) && !keys.has(keyOf(endpoint)),
    );
    await this.#remove(
      stray.map(({ endpoint }) => endpoint),
      request.addresses,
    );
    await this.#add(wanted);
  }

  async withdraw(addresses: readonly string[]): Promise<void> {
    using _lock = await this.#place.locks.acquire(LOCK);
    const present = (await this.#list()) ?? [];
    await this.#remove(
      present.map(({ endpoint }) => endpoint),
      addresses,
    );
  }

  async stop(): Promise<void> {
    await (await this.#place.forwarder()).stop(this.#place.directory);
    this.#place.locks.forget(LOCK);
  }

  async #list(): Promise<readonly Forwarded[] | undefined> {
    return (await this.#place.forwarder()).list(this.#place.directory);
  }

  async #add(wanted: readonly Wanted[]): Promise<void> {
    const present = await this.#list();
    const led = new Set(present?.map(({ endpoint, address }) => `${keyOf(endpoint)} ${address}`));
    const missing = wanted.filter(({ endpoint, target }) => !led.has(`${keyOf(endpoint)} ${target.address}`));
    if (missing.length === 0) return;
    const { directory, netnsPath, warn } = this.#place;
    const [forwarder, hostPorts] = await Promise.all([this.#place.forwarder(), this.#place.hostPorts()]);
    const forwards: Forward[] = [];
    try {
      for (const { endpoint, target } of missing) {
        const socket = hostPorts.bind(endpoint);
        if (socket !== undefined) forwards.push({ socket, target });
      }
      const without =
        present === undefined
          ? await forwarder.start({ directory, netnsPath, targets: "bridged", forwards })
          : await forwarder.add(directory, forwards);
      warn(without);
    } finally {
      for (const { socket } of forwards) socket[Symbol.dispose]();
    }
  }

  /** Of these those that lead to one of the addresses: another may be somebody else's by now. */
  async #remove(endpoints: readonly HostEndpoint[], addresses: readonly string[]): Promise<void> {
    const keys = new Set(endpoints.map(keyOf));
    const present = (await this.#list()) ?? [];
    const ours = present.filter(
      ({ endpoint, address }) => keys.has(keyOf(endpoint)) && addresses.includes(address),
    );
    if (ours.length === 0) return;
    const forwarder = await this.#place.forwarder();
    await forwarder.remove(
      this.#place.directory,
      ours.map(({ endpoint }) => endpoint),
    );
  }
}

function keyOf({ protocol, address, port }: HostEndpoint): string {
  return `${protocol} ${address} ${port}`;
}

/** Each host port of each family that the sandbox has an address of. */
function wantedOf({ ports, addresses }: PublishRequest): Wanted[] {
  return [false, true].flatMap((v6) => {
    const address = addresses.find((each) => each.includes(":") === v6);
    return address === undefined ? [] : ports.flatMap((port) => wantedOfPort(port, { v6, address }));
  });
}

function wantedOfPort(
  { hostIp, hostPort, containerPort, length, protocol }: PortMapping,
  { v6, address }: { readonly v6: boolean; readonly address: string },
): Wanted[] {
  if (hostIp !== "" && hostIp.includes(":") !== v6) return [];
  const at = hostIp === "" ? (v6 ? "::" : "0.0.0.0") : hostIp;
  return Array.from({ length }, (_, index) => ({
    endpoint: { address: at, port: hostPort + index, protocol },
    target: { address, port: containerPort + index, loopback: "address" },
  }));
}

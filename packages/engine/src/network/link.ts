/** Makes the link of one sandbox on one network, by the network's driver. */
import type { InterfaceStatus } from "@podwright/spec/engine-api/common";
import type { NetworkConfig } from "@podwright/spec/engine-api/networks";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { InsideRequest, Links } from "../ports/links.ts";
import { mtuOf } from "./bridge.ts";
import type { NetworkContext } from "./context.ts";

export interface LinkWish {
  readonly network: NetworkConfig;
  readonly status: InterfaceStatus;
  readonly netnsPath: string;
  /** Among the sandbox's links: the default route of the first is preferred. */
  readonly position: number;
}

/** As in Podman; those of a sandbox's later networks follow. */
const FIRST_METRIC = 100;

/** Gives the MAC address that it has got. @throws NETWORK_SETUP_FAILED */
export function makeLink(ctx: NetworkContext, links: Links, wish: LinkWish): { readonly mac: string } {
  const { network, status } = wish;
  const inside = insideRequest(wish);
  if (network.driver === "bridge") {
    links.addPair({ ...inside, hostName: hostEndName(ctx), bridge: network.interfaceName });
    return { mac: status.mac };
  }
  const kind = network.driver === "ipvlan" ? "ipvlan" : "macvlan";
  const parent = network.interfaceName === "" ? defaultParent(links, network) : network.interfaceName;
  if (!links.hasLink(parent)) {
    throw new EngineError(
      "NETWORK_SETUP_FAILED",
      `cannot set up network ${network.name}: parent interface ${parent} does not exist`,
    );
  }
  return links.addStacked({ ...inside, kind, parent, mode: network.options["mode"] ?? "" });
}

function insideRequest({ network, status, netnsPath, position }: LinkWish): InsideRequest {
  const mtu = mtuOf(network);
  const metric = Number(network.options["metric"] ?? FIRST_METRIC + position);
  return {
    netnsPath,
    containerName: status.interfaceName,
    mac: status.mac,
    addresses: status.addresses,
    gateways: network.options["no_default_route"] === "true" ? [] : onePerFamily(status.gateways),
    metric,
    routes: (network.routes ?? []).map((route) => ({ metric: FIRST_METRIC, ...route })),
    ...(mtu === undefined ? {} : { mtu }),
  };
}

function onePerFamily(gateways: readonly string[]): string[] {
  const given = gateways.filter((gateway) => gateway !== "");
  const first = [false, true].map((v6) => given.find((gateway) => gateway.includes(":") === v6));
  return first.filter((gateway) => gateway !== undefined);
}

/** The link of the host's default route. */
function defaultParent(links: Links, network: NetworkConfig): string {
  const route = links
    .routes()
    .find(({ destination }) => destination === "0.0.0.0/0" || destination === "::/0");
  if (route !== undefined && route.interfaceName !== "") return route.interfaceName;
  throw new EngineError(
    "NETWORK_SETUP_FAILED",
    `cannot set up network ${network.name}: the host has no default route, and the network names no parent interface`,
    { hint: "give one to network create: --opt parent=<device>" },
  );
}

/**
 * At most 15 characters: store and a number that is not used again, since the kernel takes a removed link's name
 * off with a delay.
 */
function hostEndName(ctx: NetworkContext): string {
  const serial = ctx.store.networks.nextSerial("link") % 36 ** 5;
  return `pw${ctx.settings.storeId}${serial.toString(36)}`;
}

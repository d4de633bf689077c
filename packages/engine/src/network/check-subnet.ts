/** Whether a subnet, its gateway and range, and static routes can be what was asked for. Pure. */
import type { NetworkRoute, SubnetConfig } from "@podwright/spec/engine-api/networks";
import { EngineError } from "@podwright/spec/errors/engine-error";
import {
  contains,
  formatIp,
  formatSubnet,
  type IpAddress,
  parseIp,
  parseSubnet,
  type Subnet,
} from "../base/ip.ts";
import { firstAddress, requireSubnet } from "./subnets.ts";

/** `needsGateway`: the subnet's first address, where none is given. @throws NETWORK_INVALID */
export function checkSubnet(config: SubnetConfig, needsGateway: boolean): SubnetConfig {
  const subnet = requireSubnet(config.subnet);
  const given = config.gateway === undefined ? undefined : inside(subnet, config.gateway, "gateway");
  const { leaseRange } = config;
  if (leaseRange !== undefined) checkRange(subnet, leaseRange);
  const gateway = given === undefined ? (needsGateway ? firstAddress(subnet) : undefined) : formatIp(given);
  return {
    subnet: formatSubnet(subnet),
    ...(gateway === undefined ? {} : { gateway }),
    ...(leaseRange === undefined ? {} : { leaseRange }),
  };
}

function checkRange(subnet: Subnet, { start, end }: NonNullable<SubnetConfig["leaseRange"]>): void {
  const first = start === undefined ? undefined : inside(subnet, start, "lease range start ip");
  const last = end === undefined ? undefined : inside(subnet, end, "lease range end ip");
  if (first !== undefined && last !== undefined && first.value > last.value) {
    throw invalid(`lease range start ip ${start} is after end ip ${end}`);
  }
}

function inside(subnet: Subnet, text: string, what: string): IpAddress {
  const address = parseIp(text);
  if (address === undefined) throw invalid(`invalid ${what} ${JSON.stringify(text)}`);
  if (contains(subnet, address)) return address;
  throw invalid(`${what} ${text} not in subnet ${formatSubnet(subnet)}`);
}

/** @throws NETWORK_INVALID */
export function checkRoutes(routes: readonly NetworkRoute[]): NetworkRoute[] {
  return routes.map((route) => {
    const destination = parseSubnet(route.destination);
    const gateway = parseIp(route.gateway);
    if (destination === undefined) throw invalid(`invalid route destination ${route.destination}`);
    if (gateway === undefined) throw invalid(`invalid route gateway ${route.gateway}`);
    if (gateway.family !== destination.family) {
      throw invalid(`route to ${route.destination} cannot go by ${route.gateway}: they are of two families`);
    }
    return { ...route, destination: formatSubnet(destination), gateway: formatIp(gateway) };
  });
}

function invalid(message: string): EngineError {
  return new EngineError("NETWORK_INVALID", message);
}

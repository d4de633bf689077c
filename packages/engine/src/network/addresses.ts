/** What an attached sandbox's addresses say of it. */
import type { InterfaceStatus } from "@podwright/spec/engine-api/common";

/** Without prefix lengths. */
export function bareAddresses(interfaces: readonly InterfaceStatus[]): string[] {
  return interfaces.flatMap((status) => status.addresses.map((address) => address.split("/")[0] ?? address));
}

export function familiesOf(addresses: readonly string[]): (4 | 6)[] {
  return ([4, 6] as const).filter((family) =>
    addresses.some((address) => address.includes(":") === (family === 6)),
  );
}

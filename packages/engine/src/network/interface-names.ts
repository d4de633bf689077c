/** Names of a sandbox's links: as asked for, else the first eth… that is free. Pure. */
import type { NetworkAttachment } from "@podwright/spec/engine-api/common";
import { EngineError } from "@podwright/spec/errors/engine-error";

/** One for each, in order. @throws NETWORK_INVALID where a name is asked for twice */
export function interfaceNames(attachments: readonly NetworkAttachment[]): string[] {
  const taken = new Set<string>();
  for (const { interfaceName } of attachments) {
    if (interfaceName === undefined) continue;
    if (taken.has(interfaceName)) {
      throw new EngineError("NETWORK_INVALID", `interface name ${interfaceName} is given to two networks`);
    }
    taken.add(interfaceName);
  }
  return attachments.map(({ interfaceName }) => {
    if (interfaceName !== undefined) return interfaceName;
    const name = freeInterfaceName(taken);
    taken.add(name);
    return name;
  });
}

export function freeInterfaceName(taken: ReadonlySet<string>): string {
  for (let number = 0; ; number++) {
    if (!taken.has(`eth${number}`)) return `eth${number}`;
  }
}

/** With the names that they have now, which they then keep. */
export function withInterfaceNames(attachments: readonly NetworkAttachment[]): NetworkAttachment[] {
  const names = interfaceNames(attachments);
  return attachments.map((attachment, i) => ({ ...attachment, interfaceName: names[i] ?? "" }));
}

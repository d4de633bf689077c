/** Flags that publish and expose ports. */
import type { PortMapping } from "@podwright/spec/engine-api/common";
import { checkPortConflicts, parseExpose, parsePortMapping } from "@podwright/spec/values/port-mapping";
import type { Flags } from "../frame/command.ts";

export const publishFlags = {
  publish: {
    type: "csv",
    short: "p",
    help: "Publish a container's port, or a range of ports, to the host",
    valueName: "[[ip:]hostPort:]containerPort[/protocol]",
    complete: "none",
  },
} as const satisfies Flags;

/** @throws PORT_INVALID, PORT_CONFLICT */
export function parsePublish(values: readonly string[]): PortMapping[] {
  const mappings = values.map(parsePortMapping);
  checkPortConflicts(mappings);
  return mappings;
}

/** "80/tcp", each once, in order. @throws PORT_INVALID */
export function parseExposed(values: readonly string[]): string[] {
  return [...new Set(values.flatMap(parseExpose))];
}

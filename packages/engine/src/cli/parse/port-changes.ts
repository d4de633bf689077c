/** Flags that add published ports to what runs, and take them away. */
import type { PortMapping } from "@podwright/spec/engine-api/common";
import { parsePortMapping } from "@podwright/spec/values/port-mapping";
import type { Io } from "../frame/command.ts";
import type { Flags } from "../frame/command.ts";
import { parsePublish } from "./ports.ts";

const OPPOSITE = {
  type: "csv",
  help: "No longer publish a port, or a range of ports (as for --publish, or the host port alone)",
  valueName: "[[ip:]hostPort:]port[/protocol]",
  complete: "none",
} as const;

export const portChangeFlags = {
  publish: {
    type: "csv",
    short: "p",
    help: "Publish one more port, or range of ports, to the host; at once where it runs",
    valueName: "[[ip:]hostPort:]containerPort[/protocol]",
    complete: "none",
  },
  "publish-rm": OPPOSITE,
  unpublish: { ...OPPOSITE, hidden: true },
} as const satisfies Flags;

interface PortChangeValues {
  readonly publish: readonly string[];
  readonly "publish-rm": readonly string[];
  readonly unpublish: readonly string[];
}

/** @throws PORT_INVALID, PORT_CONFLICT */
export function parsePortChanges(flags: PortChangeValues): {
  readonly publish: PortMapping[];
  readonly unpublish: PortMapping[];
} {
  return {
    publish: parsePublish(flags.publish),
    unpublish: [...flags["publish-rm"], ...flags.unpublish].map(parsePortMapping),
  };
}

/** As `port` prints them: the caller has to learn which host ports were chosen. */
export function printChosen(io: Io, chosen: readonly PortMapping[]): void {
  for (const { hostIp, hostPort, containerPort, length, protocol } of chosen) {
    for (let i = 0; i < length; i++) {
      const address = hostIp === "" ? "0.0.0.0" : hostIp.includes(":") ? `[${hostIp}]` : hostIp;
      io.out(`${containerPort + i}/${protocol} -> ${address}:${hostPort + i}\n`);
    }
  }
}

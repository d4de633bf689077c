/** Published and exposed ports under Docker's keys: `{"80/tcp": [{"HostIp": …, "HostPort": …}]}`. */
import type { PortMapping } from "@podwright/spec/engine-api/common";
import type { InspectPorts } from "@podwright/spec/libpod-api/inspect-network";

export function portBindings(ports: readonly PortMapping[]): InspectPorts {
  const bindings: InspectPorts = {};
  for (const port of ports) {
    for (let i = 0; i < port.length; i++) {
      const key = `${port.containerPort + i}/${port.protocol}`;
      const hostPort = port.hostPort === 0 ? 0 : port.hostPort + i;
      (bindings[key] ??= []).push({
        HostIp: port.hostIp === "" ? "0.0.0.0" : port.hostIp,
        HostPort: String(hostPort),
      });
    }
  }
  return sorted(bindings);
}

/** With null for what is exposed and not published. */
export function withExposed(bindings: InspectPorts, exposed: readonly string[]): InspectPorts {
  const all = { ...bindings };
  for (const port of exposed) all[port] ??= null;
  return sorted(all);
}

/** Every port that the container itself names, published or exposed. */
export function exposedPorts(
  ports: readonly PortMapping[],
  exposed: readonly string[],
): Record<string, object> {
  const names = [...Object.keys(portBindings(ports)), ...exposed].sort();
  return Object.fromEntries(names.map((name) => [name, {}]));
}

function sorted(bindings: InspectPorts): InspectPorts {
  return Object.fromEntries(Object.entries(bindings).sort(([a], [b]) => (a < b ? -1 : 1)));
}

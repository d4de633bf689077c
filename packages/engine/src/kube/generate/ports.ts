/** Published and exposed ports as Kubernetes' container ports. */
import type { PortMapping } from "@podwright/spec/engine-api/common";
import type { ContainerPort } from "@podwright/spec/kube/types";
import { parseExpose } from "@podwright/spec/values/port-mapping";
import { compact } from "./members.ts";

/** `service`: a Service publishes them, the host does not. */
export function publishedPorts(ports: readonly PortMapping[], service: boolean): ContainerPort[] {
  return ports.flatMap((mapping) =>
    Array.from({ length: mapping.length }, (_, offset) =>
      compact<ContainerPort>({
        containerPort: mapping.containerPort + offset,
        hostIP: service || mapping.hostIp === "" ? undefined : mapping.hostIp,
        hostPort: service ? undefined : mapping.hostPort + offset,
        protocol: protocolOf(mapping.protocol),
      }),
    ),
  );
}

/** "80/tcp": those that the image exposes itself, or that are published, are left out. */
export function exposedPorts(
  exposed: readonly string[],
  { image, published }: { readonly image: readonly string[]; readonly published: readonly ContainerPort[] },
): ContainerPort[] {
  const known = new Set(
    published.map(({ containerPort, protocol = "TCP" }) => `${containerPort}/${protocol}`),
  );
  const declared = image.flatMap(parseExpose);
  return exposed
    .filter((text) => !declared.includes(text))
    .flatMap((text) => {
      const [port = "", protocol = "tcp"] = text.split("/");
      if (known.has(`${port}/${protocol.toUpperCase()}`)) return [];
      return [compact<ContainerPort>({ containerPort: Number(port), protocol: protocolOf(protocol) })];
    });
}

/** TCP is what holds anyway. */
function protocolOf(protocol: string): "UDP" | "SCTP" | undefined {
  if (protocol === "udp") return "UDP";
  return protocol === "sctp" ? "SCTP" : undefined;
}

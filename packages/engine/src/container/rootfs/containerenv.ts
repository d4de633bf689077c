/** /run/.containerenv: by it programs know that they run in a container. */
import type { ContainerConfig } from "../../ports/container-record.ts";

/** Empty, but for a privileged container, which may know who it is. */
export function containerenvText(
  config: ContainerConfig,
  { rootless }: { readonly rootless: boolean },
): string {
  if (!config.security.privileged) return "";
  const lines = {
    engine: "podman-5.4.2",
    name: config.name,
    id: config.id,
    image: config.image.name,
    imageid: config.image.id,
  };
  const quoted = Object.entries(lines).map(([key, value]) => `${key}=${JSON.stringify(value)}\n`);
  return `${quoted.join("")}rootless=${rootless ? 1 : 0}\n`;
}

/** Left out where files of the user's cover /run: nothing is written among them. */
export function wantsContainerenv(config: ContainerConfig): boolean {
  return !config.mounts.some(({ kind, destination }) => destination === "/run" && kind !== "tmpfs");
}

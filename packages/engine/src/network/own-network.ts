/** Which ways to the world give a sandbox addresses and published ports of its own. */
import type { InterfaceStatus, NetworkMode } from "@podwright/spec/engine-api/common";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { Settings } from "../ports/settings.ts";

export function hasAddresses(kind: NetworkMode["kind"] | "pod"): boolean {
  return kind === "bridge" || kind === "pasta";
}

/** In the place of a network's name. */
export const PASTA = "pasta";

export function isPasta(interfaces: readonly InterfaceStatus[]): boolean {
  return interfaces.some(({ network }) => network === PASTA);
}

/** What nobody has asked for: root's default network, another user's pasta. */
export function defaultMode({ uid, config }: Pick<Settings, "uid" | "config">): NetworkMode {
  if (uid !== 0) return { kind: "pasta", options: [] };
  return { kind: "bridge", attachments: [{ name: config.defaultNetwork }] };
}

/** @throws NOT_IMPLEMENTED for what root, or another user, cannot have yet */
export function checkForUser({ uid }: Pick<Settings, "uid">, { kind }: NetworkMode): void {
  if (kind === "pasta" && uid === 0) {
    throw new EngineError("NOT_IMPLEMENTED", "--network pasta is not implemented for root", {
      hint: "--network bridge is root's default",
    });
  }
}

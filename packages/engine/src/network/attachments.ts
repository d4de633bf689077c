/** What a request says of networks, resolved once for the stored configuration. */
import type { NetworkAttachment } from "@podwright/spec/engine-api/common";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { Settings } from "../ports/settings.ts";
import type { NetworkStore } from "../ports/store.ts";
import { interfaceNames } from "./interface-names.ts";

export interface AttachmentContext {
  readonly settings: Pick<Settings, "config">;
  readonly networks: Pick<NetworkStore, "find">;
}

/** A name of the host's zone files stands between spaces and commas. */
const ALIAS = /^[^\s,]+$/;
const LINK = /^[^\s/:]{1,15}$/;

/** Each by its network's name, the default network's too. @throws NETWORK_NOT_FOUND, NETWORK_INVALID */
export function resolveAttachments(
  { settings, networks }: AttachmentContext,
  wishes: readonly NetworkAttachment[],
): NetworkAttachment[] {
  const { defaultNetwork } = settings.config;
  const resolved = wishes.map((wish) => {
    for (const alias of wish.aliases ?? []) checkAlias(alias);
    if (wish.interfaceName !== undefined && !LINK.test(wish.interfaceName)) {
      throw new EngineError(
        "NETWORK_INVALID",
        `invalid interface name ${JSON.stringify(wish.interfaceName)}: at most 15 characters without space, slash and colon`,
      );
    }
    const isDefault = wish.name === "" || wish.name === "default" || wish.name === defaultNetwork;
    return { ...wish, name: isDefault ? defaultNetwork : networks.find(wish.name).name };
  });
  interfaceNames(resolved);
  // `--network a --network a` is one network, as in Podman: the last counts.
  return [...new Map(resolved.map((attachment) => [attachment.name, attachment])).values()];
}

export function checkAlias(alias: string): void {
  if (ALIAS.test(alias)) return;
  throw new EngineError("NETWORK_INVALID", `invalid network alias ${JSON.stringify(alias)}: it is no name`);
}

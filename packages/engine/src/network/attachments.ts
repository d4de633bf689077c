/** What a request says of networks, resolved once for the stored configuration. */
import type { NetworkAttachment } from "@podwright/spec/engine-api/common";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { Settings } from "../ports/settings.ts";

/** The default network by its configured name. @throws NOT_IMPLEMENTED for aliases */
export function resolveAttachments(
  settings: Pick<Settings, "config">,
  wishes: readonly NetworkAttachment[],
): NetworkAttachment[] {
  return wishes.map((wish) => {
    const [alias] = wish.aliases ?? [];
    if (alias !== undefined) {
      throw new EngineError("NOT_IMPLEMENTED", `network alias ${JSON.stringify(alias)} is not implemented`, {
        hint: "containers do not resolve one another's names yet; the members of a pod share localhost",
      });
    }
    const isDefault = wish.name === "" || wish.name === "default";
    return isDefault ? { ...wish, name: settings.config.defaultNetwork } : wish;
  });
}

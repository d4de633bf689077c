/** What a user namespace is made of, for those that ask for one. */
import { rootlessUser } from "../base/rootless.ts";
import type { UsernsHost } from "../container/create-context.ts";
import { highestId } from "../host/layers/highest-id.ts";
import { SystemIds } from "../host/userns/host-ids.ts";
import type { Core } from "./core.ts";
import { imageLayers } from "./present-image.ts";

export function usernsHost(core: Core): UsernsHost {
  const rootless = rootlessUser(core.env);
  return {
    ids: new SystemIds(),
    ...(rootless === undefined ? {} : { rootless }),
    account: async () => {
      if (rootless === undefined) return undefined;
      const { hostAccount } = await import("../host/userns/host-account.ts");
      return hostAccount(rootless);
    },
    highestId: (imageId) => {
      using open = imageLayers(core).open(imageId);
      return highestId(open.layers);
    },
  };
}

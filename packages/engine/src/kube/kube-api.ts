/** KubeApi: playing, taking down, generating; each is loaded when it is asked for. */
import type { KubeApi } from "@podwright/spec/engine-api/kube";
import type { KubeContext } from "./context.ts";

export function kubeApi(ctx: KubeContext): KubeApi {
  return {
    play: async (request, progress, signal) => {
      const { playKube } = await import("./play.ts");
      return playKube(ctx, request, { progress, ...(signal === undefined ? {} : { signal }) });
    },
    down: async (request) => {
      const { downKube } = await import("./down.ts");
      return downKube(ctx, request);
    },
    generate: async (request) => {
      const { generateKube } = await import("./generate/generate.ts");
      return generateKube(await ctx.generating(), request);
    },
  };
}

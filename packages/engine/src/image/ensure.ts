/** The image that `run` and `create` need: found, or pulled as the policy says. */
import type {
  PlatformChoice,
  PullPolicy,
  PullProgress,
  RegistryOptions,
} from "@podwright/spec/engine-api/images";
import type { ImageRecord } from "../ports/image-record.ts";
import type { ImageContext } from "./context.ts";
import { pullImages } from "./pull.ts";
import { notKnown } from "./resolve.ts";

export interface EnsureRequest {
  readonly reference: string;
  readonly policy: PullPolicy;
  readonly platform?: PlatformChoice | undefined;
  readonly registry?: RegistryOptions | undefined;
  readonly progress: (event: PullProgress) => void;
  readonly signal?: AbortSignal | undefined;
}

/** @throws IMAGE_NOT_KNOWN under the policy "never", and what pulling throws. */
export async function ensureImage(ctx: ImageContext, request: EnsureRequest): Promise<ImageRecord> {
  const { reference, policy, platform, registry, progress, signal } = request;
  const pull = { ...registry, reference, policy, ...(platform === undefined ? {} : { platform }) };
  const [image] = await pullImages(ctx, pull, { progress, signal });
  if (image === undefined) throw notKnown(reference);
  return image;
}

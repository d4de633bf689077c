/** All ways for images to go out behind their one port. */
import type { Reference } from "@podwright/spec/distribution/reference";
import type { RegistryOptions } from "@podwright/spec/engine-api/images";
import type { Staging } from "../../ports/blob-store.ts";
import type {
  ArchiveDestination,
  ImageDestination,
  ImageDestinations,
} from "../../ports/image-destination.ts";
import type { RequestWatch } from "../../ports/image-source.ts";
import type { RegistryConfiguration } from "../../ports/registry-config.ts";

export class HostImageDestinations implements ImageDestinations {
  readonly #configuration: RegistryConfiguration;
  readonly #staging: Staging;

  constructor(configuration: RegistryConfiguration, staging: Staging) {
    this.#configuration = configuration;
    this.#staging = staging;
  }

  async registry(
    reference: Reference,
    options: RegistryOptions,
    watch: RequestWatch,
  ): Promise<ImageDestination> {
    const { openRegistryDestination } = await import("./registry/registry-destination.ts");
    return await openRegistryDestination(reference, { configuration: this.#configuration, options, watch });
  }

  async archive(request: ArchiveDestination): Promise<ImageDestination> {
    const { openArchiveDestination } = await import("./archive/archive-destination.ts");
    return await openArchiveDestination(request, this.#staging);
  }
}

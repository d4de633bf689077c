/** How a name leads to what `inspect` prints, by kind of object; shared by all the inspect commands. */
import type { Engine } from "@podwright/spec/engine-api/engine";
import type { ErrorCode } from "@podwright/spec/errors/catalogue";
import { EngineError, isEngineError } from "@podwright/spec/errors/engine-error";
import { imageInspectJson } from "../print/objects/image.ts";
import { networkInspectJson } from "../print/objects/network.ts";
import { volumeInspectJson } from "../print/objects/volume.ts";
import type { InspectedKind } from "../print/objects/zero-values.ts";

export interface Inspected {
  readonly kind: InspectedKind;
  readonly json: object;
}

export interface LookupOptions {
  readonly size: boolean;
}

type Lookup = (engine: Engine, name: string, options: LookupOptions) => Promise<object>;

const LOOKUPS: Readonly<Record<InspectedKind, Lookup>> = {
  container: async (engine, name, options) => (await engine.containers()).inspect(name, options),
  image: async (engine, name) => imageInspectJson(await (await engine.images()).inspect(name)),
  volume: async (engine, name) => {
    const volumes = await engine.volumes();
    return volumeInspectJson(
      await reworded(volumes.inspect(name), "VOLUME_NOT_FOUND", () => `no such volume ${name}`),
    );
  },
  network: async (engine, name) => {
    const networks = await engine.networks();
    const found = reworded(
      networks.inspect(name),
      "NETWORK_NOT_FOUND",
      (message) => `network ${name}: ${message}`,
    );
    return networkInspectJson(await found);
  },
  pod: async (engine, name) => (await engine.pods()).inspect(name),
};

/** `inspect` words a missing object otherwise than the other verbs do. */
async function reworded<T>(
  found: Promise<T>,
  code: ErrorCode,
  word: (message: string) => string,
): Promise<T> {
  try {
    return await found;
  } catch (cause) {
    if (!isEngineError(cause, code)) throw cause;
    throw new EngineError(code, word(cause.message), { cause, details: cause.details });
  }
}

export async function inspectAs(
  engine: Engine,
  kind: InspectedKind,
  name: string,
  options: LookupOptions,
): Promise<Inspected> {
  return { kind, json: await LOOKUPS[kind](engine, name, options) };
}

/** The order in which Podman tries a name whose kind was not said. */
const ORDER: readonly InspectedKind[] = ["container", "image", "volume", "network", "pod"];

/** Codes by which one kind says that the name may be another's. */
const NOT_HERE: readonly ErrorCode[] = [
  "CONTAINER_NOT_FOUND",
  "IMAGE_NOT_KNOWN",
  "IMAGE_REFERENCE_INVALID",
  "VOLUME_NOT_FOUND",
  "NETWORK_NOT_FOUND",
  "POD_NOT_FOUND",
];

/** @throws OBJECT_NOT_FOUND */
export async function inspectAny(engine: Engine, name: string, options: LookupOptions): Promise<Inspected> {
  for (const kind of ORDER) {
    try {
      return await inspectAs(engine, kind, name, options);
    } catch (error) {
      if (!isEngineError(error, ...NOT_HERE)) throw error;
    }
  }
  throw new EngineError("OBJECT_NOT_FOUND", `no such object: ${JSON.stringify(name)}`, {
    details: { input: name },
  });
}

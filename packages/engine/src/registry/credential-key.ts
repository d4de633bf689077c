/** From what the user typed after `login` to the key that the credentials are kept under. */
import { parseReference, repositoryOf } from "@podwright/spec/distribution/reference";
import { EngineError, isEngineError } from "@podwright/spec/errors/engine-error";
import type { RegistryContext } from "./context.ts";

export interface CredentialKey {
  /** "quay.io", "quay.io/podman" */
  readonly key: string;
  /** Host and port alone. */
  readonly domain: string;
}

/** @throws REGISTRY_NAME_INVALID */
export function credentialKey(ctx: RegistryContext, typed: string | undefined): CredentialKey {
  if (typed === undefined) return firstSearchRegistry(ctx);
  const key = /^https?:\/\//.test(typed) ? hostOf(typed) : typed;
  const domain = key.split("/")[0] ?? key;
  if (domain === "")
    throw new EngineError("REGISTRY_NAME_INVALID", `${JSON.stringify(typed)}: not a registry`);
  if (domain === key) return { key, domain };
  checkRepository(key, domain);
  return { key, domain };
}

function hostOf(address: string): string {
  if (URL.canParse(address)) return new URL(address).host;
  throw new EngineError(
    "REGISTRY_NAME_INVALID",
    `trimming http{s} prefix: ${JSON.stringify(address)} is no address`,
  );
}

function checkRepository(key: string, domain: string): void {
  let reference: ReturnType<typeof parseReference>;
  try {
    reference = parseReference(key);
  } catch (error) {
    if (!isEngineError(error, "IMAGE_REFERENCE_INVALID")) throw error;
    throw new EngineError(
      "REGISTRY_NAME_INVALID",
      `parse reference from ${JSON.stringify(key)}: ${error.message}`,
      {
        cause: error,
      },
    );
  }
  if (reference.tag !== undefined || reference.digest !== undefined) {
    throw new EngineError("REGISTRY_NAME_INVALID", `reference ${JSON.stringify(key)} contains tag or digest`);
  }
  if (reference.domain !== domain) {
    throw new EngineError(
      "REGISTRY_NAME_INVALID",
      `${JSON.stringify(key)} names no registry: it is short for ${repositoryOf(reference)}`,
    );
  }
}

function firstSearchRegistry(ctx: RegistryContext): CredentialKey {
  const [first] = ctx.searchRegistries();
  if (first !== undefined) return { key: first, domain: first };
  throw new EngineError(
    "REGISTRY_NAME_INVALID",
    "no registries found in registries.conf, a registry must be provided",
  );
}

/** `logout`, and who is logged in. */
import type { CredentialPlace, LoginRequest, LogoutRequest } from "@podwright/spec/engine-api/registries";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { RegistryContext } from "./context.ts";
import { credentialKey } from "./credential-key.ts";

/** Gives the line to show. @throws REGISTRY_NOT_LOGGED_IN */
export async function logOut(ctx: RegistryContext, request: LogoutRequest): Promise<string> {
  if (request.all) {
    await ctx.credentials.removeAll(request);
    return "Removed login credentials for all registries";
  }
  const { key } = credentialKey(ctx, request.registry);
  if (await ctx.credentials.remove(key, request)) return `Removed login credentials for ${key}`;
  const elsewhere = await ctx.credentials.get(key, {});
  const usable = elsewhere?.kind === "basic" && elsewhere.username !== "" && elsewhere.password !== "";
  if (usable && request.authFile === undefined && request.compatAuthFile === undefined) {
    return `Not logged into ${key} with current tool. Existing credentials were established via docker login. Please use docker logout instead.`;
  }
  throw notLoggedIn(key);
}

/** The user's name. @throws REGISTRY_NOT_LOGGED_IN */
export async function currentUser(
  ctx: RegistryContext,
  request: Pick<LoginRequest, "registry"> & CredentialPlace,
): Promise<string> {
  const { key } = credentialKey(ctx, request.registry);
  const stored = await ctx.credentials.get(key, request);
  if (stored?.kind !== "basic" || stored.username === "") throw notLoggedIn(key);
  return stored.username;
}

function notLoggedIn(key: string): EngineError {
  return new EngineError("REGISTRY_NOT_LOGGED_IN", `not logged into ${key}`);
}

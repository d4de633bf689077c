/** `login`: asks for credentials where they are not given, tries them on the registry, and keeps them. */
import type { RegistryOptions } from "@podwright/spec/engine-api/images";
import type { LoginDialogue, LoginRequest } from "@podwright/spec/engine-api/registries";
import { EngineError, isEngineError } from "@podwright/spec/errors/engine-error";
import type { RegistryCredentials } from "../ports/credential-store.ts";
import type { RegistryContext } from "./context.ts";
import { type CredentialKey, credentialKey } from "./credential-key.ts";

export interface LoginOptions {
  readonly dialogue: LoginDialogue;
  readonly verbose: boolean;
  readonly signal?: AbortSignal;
}

/** @throws REGISTRY_LOGIN_FAILED for credentials that the registry does not take */
export async function logIn(
  ctx: RegistryContext,
  request: LoginRequest,
  options: LoginOptions,
): Promise<void> {
  const { dialogue } = options;
  const target = credentialKey(ctx, request.registry);
  const stored = await ctx.credentials.get(target.key, request);
  if (stored?.kind === "token") {
    throw new EngineError(
      "REGISTRY_LOGIN_FAILED",
      "currently logged in, auth file contains an Identity token",
      {
        hint: `log out first: logout ${target.key}`,
      },
    );
  }
  const nothingGiven = !given(request.username) && !given(request.password);
  if (nothingGiven && stored !== undefined && stored.username !== "" && stored.password !== "") {
    dialogue.say(`Authenticating with existing credentials for ${target.key}`);
    if (await accepts(ctx, target, stored, request, options)) {
      dialogue.say(`Existing credentials are valid. Already logged in to ${target.domain}`);
      return;
    }
    dialogue.say("Existing credentials are invalid, please enter valid username and password");
  }
  const credentials = await complete(request, stored?.username ?? "", dialogue);
  await check(ctx, target, credentials, request, options);
  const place = await ctx.credentials.set(target.key, credentials, request);
  if (options.verbose) dialogue.say(`Used:  ${place}`);
  dialogue.say("Login Succeeded!");
}

function given(text: string | undefined): text is string {
  return text !== undefined && text !== "";
}

async function complete(
  { username, password }: LoginRequest,
  known: string,
  dialogue: LoginDialogue,
): Promise<RegistryCredentials> {
  const asked = given(username) ? username : await dialogue.askUsername(known);
  const name = asked.trim();
  return {
    username: name === "" ? known : name,
    password: given(password) ? password : await dialogue.askPassword(),
  };
}

type CheckArguments = [LoginRequest, LoginOptions];

async function accepts(
  ctx: RegistryContext,
  target: CredentialKey,
  credentials: RegistryCredentials,
  ...[request, options]: CheckArguments
): Promise<boolean> {
  try {
    await check(ctx, target, credentials, request, options);
    return true;
  } catch (error) {
    if (isEngineError(error) && error.code !== "CANCELED") return false;
    throw error;
  }
}

async function check(
  ctx: RegistryContext,
  target: CredentialKey,
  credentials: RegistryCredentials,
  ...[request, { signal }]: CheckArguments
): Promise<void> {
  const registry: RegistryOptions = {
    ...(request.certDir === undefined ? {} : { certDir: request.certDir }),
    ...(request.tlsVerify === undefined ? {} : { tlsVerify: request.tlsVerify }),
    retry: 0,
  };
  try {
    await ctx.client.check(target.domain, credentials, {
      registry,
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (error) {
    if (isEngineError(error, "REGISTRY_UNAUTHORIZED")) {
      throw new EngineError(
        "REGISTRY_LOGIN_FAILED",
        `logging into ${JSON.stringify(target.key)}: invalid username/password`,
        { cause: error },
      );
    }
    if (!isEngineError(error) || error.code === "CANCELED") throw error;
    throw new EngineError(
      error.code,
      `authenticating creds for ${JSON.stringify(target.key)}: ${error.message}`,
      {
        cause: error,
        ...(error.hint === undefined ? {} : { hint: error.hint }),
      },
    );
  }
}

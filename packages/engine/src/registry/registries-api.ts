/** The registry verbs as the engine offers them. Each verb's code is loaded when it is first used. */
import type {
  CredentialPlace,
  LoginDialogue,
  LoginRequest,
  LogoutRequest,
  RegistriesApi,
  SearchRequest,
  SearchResult,
  TagsResult,
} from "@podwright/spec/engine-api/registries";
import type { RegistryContext } from "./context.ts";

export class EngineRegistries implements RegistriesApi {
  readonly #ctx: RegistryContext;

  constructor(ctx: RegistryContext) {
    this.#ctx = ctx;
  }

  async login(
    request: LoginRequest,
    dialogue: LoginDialogue,
    options: { readonly verbose: boolean; readonly signal?: AbortSignal },
  ): Promise<void> {
    const { logIn } = await import("./login.ts");
    await logIn(this.#ctx, request, { dialogue, ...options });
  }

  async currentUser(request: Pick<LoginRequest, "registry"> & CredentialPlace): Promise<string> {
    const { currentUser } = await import("./logout.ts");
    return await currentUser(this.#ctx, request);
  }

  async logout(request: LogoutRequest): Promise<string> {
    const { logOut } = await import("./logout.ts");
    return await logOut(this.#ctx, request);
  }

  async search(request: SearchRequest, signal?: AbortSignal): Promise<SearchResult[]> {
    const { searchImages } = await import("./search.ts");
    return await searchImages(this.#ctx, request, signal);
  }

  async listTags(request: SearchRequest, signal?: AbortSignal): Promise<TagsResult> {
    const { listTags } = await import("./search.ts");
    return await listTags(this.#ctx, request, signal);
  }
}

/** Answers a registry's challenge: basic credentials, or a token from the service that it names. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { Credentials } from "./credentials.ts";
import { registryMessage } from "./failures.ts";
import { type HttpRequest, readBounded, type Transport } from "./transport.ts";

export interface Challenge {
  /** Lower case: "bearer", "basic". */
  readonly scheme: string;
  readonly parameters: ReadonlyMap<string, string>;
}

const TOKEN_LIMIT = 1 << 20;

/** Reads WWW-Authenticate (RFC 9110 §11.6.1); a challenge that is malformed is passed over. */
export function parseChallenges(header: string | null): Challenge[] {
  const challenges: Challenge[] = [];
  let parameters = new Map<string, string>();
  const token = /\s*,?\s*([\w!#$%&'*+.^`|~-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+)))?/y;
  for (const match of (header ?? "").matchAll(new RegExp(token.source, "g"))) {
    const [, name = "", quoted, bare] = match;
    const value = quoted?.replace(/\\(.)/g, "$1") ?? bare;
    if (value === undefined) {
      parameters = new Map();
      challenges.push({ scheme: name.toLowerCase(), parameters });
    } else parameters.set(name.toLowerCase(), value);
  }
  return challenges;
}

/** The Authorization header for what the scopes name (`repository:library/nginx:pull`), undefined where none is asked for or possible. */
export async function authorize(
  transport: Transport,
  challenges: readonly Challenge[],
  scopes: readonly string[],
  credentials: Credentials | undefined,
): Promise<string | undefined> {
  const bearer = challenges.find(({ scheme }) => scheme === "bearer");
  if (bearer !== undefined) return `Bearer ${await fetchToken(transport, bearer, scopes, credentials)}`;
  const basic = challenges.some(({ scheme }) => scheme === "basic");
  return basic && credentials?.kind === "basic" ? basicHeader(credentials) : undefined;
}

async function fetchToken(
  transport: Transport,
  challenge: Challenge,
  scopes: readonly string[],
  credentials: Credentials | undefined,
): Promise<string> {
  const response = await transport.send(tokenRequest(challenge, scopes, credentials));
  const body = Buffer.from(await readBounded(response, TOKEN_LIMIT)).toString("utf8");
  if (response.status !== 200) {
    const said = registryMessage(body)?.text ?? `${response.status} ${response.statusText}`.trim();
    const denied = response.status === 401 || response.status === 403;
    const outer = denied && credentials !== undefined ? "invalid username/password: " : "";
    throw new EngineError(
      denied ? "REGISTRY_UNAUTHORIZED" : "REGISTRY_UNAVAILABLE",
      `unable to retrieve auth token: ${outer}${said}`,
    );
  }
  const { token, access_token } = JSON.parse(body) as { token?: unknown; access_token?: unknown };
  const found = [token, access_token].find((value) => typeof value === "string" && value !== "");
  if (typeof found !== "string" || /[\r\n]/.test(found)) {
    throw new EngineError("REGISTRY_UNAVAILABLE", "unable to retrieve auth token: the answer holds no token");
  }
  return found;
}

function tokenRequest(
  challenge: Challenge,
  scopes: readonly string[],
  credentials: Credentials | undefined,
): HttpRequest {
  const realm = challenge.parameters.get("realm");
  if (realm === undefined || !URL.canParse(realm)) {
    throw new EngineError("REGISTRY_UNAVAILABLE", "missing realm in bearer auth challenge");
  }
  const url = new URL(realm);
  const service = challenge.parameters.get("service");
  const query: [string, string][] = service === undefined ? [] : [["service", service]];
  if (credentials?.kind === "token") {
    const form: [string, string][] = [
      ["grant_type", "refresh_token"],
      ["refresh_token", credentials.identityToken],
      ["client_id", "podwright"],
      // This form takes several scopes in one value (Docker's token specification).
      ...(scopes.length === 0 ? [] : [["scope", scopes.join(" ")] satisfies [string, string]]),
    ];
    return {
      url: url.href,
      method: "POST",
      headers: { "Content-Type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams([...query, ...form]).toString(),
    };
  }
  for (const scope of scopes) query.push(["scope", scope]);
  if (credentials !== undefined) query.push(["account", credentials.username]);
  for (const [key, value] of query) url.searchParams.append(key, value);
  return {
    url: url.href,
    headers: credentials === undefined ? {} : { Authorization: basicHeader(credentials) },
  };
}

function basicHeader(credentials: Extract<Credentials, { kind: "basic" }>): string {
  return `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString("base64")}`;
}

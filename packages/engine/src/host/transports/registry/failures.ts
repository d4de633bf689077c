/** Failures of requests to registries, in the words that Podman's users know. */
import { EngineError } from "@podwright/spec/errors/engine-error";

/** Faults of the connection that another attempt may not meet. A refused one is told at once. */
const PASSING = new Set([
  "ECONNRESET",
  "ETIMEDOUT",
  "EPIPE",
  "EAI_AGAIN",
  "ConnectionClosed",
  "TimeoutError",
]);

export function isPassing(error: unknown): boolean {
  return PASSING.has(codeOf(error));
}

export function isRefused(error: unknown): boolean {
  return codeOf(error) === "ECONNREFUSED" || codeOf(error) === "ConnectionRefused";
}

export function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}

/** As Go's HTTP client words it: `Get "https://…": connection refused`. */
export function connectionFailure(url: string, error: unknown): EngineError {
  const host = new URL(url).host;
  return new EngineError("REGISTRY_UNAVAILABLE", `Get ${JSON.stringify(url)}: ${reasonOf(error, host)}`, {
    cause: error,
    ...hintFor(codeOf(error), host),
  });
}

function reasonOf(error: unknown, host: string): string {
  const code = codeOf(error);
  switch (code) {
    case "ECONNREFUSED":
      return `dial tcp ${host}: connect: connection refused`;
    case "ENOTFOUND":
      return `dial tcp: lookup ${hostName(host)}: no such host`;
    case "EAI_AGAIN":
      return `dial tcp: lookup ${hostName(host)}: temporary failure in name resolution`;
    case "ECONNRESET":
      return `read tcp ${host}: connection reset by peer`;
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return `dial tcp ${host}: connect: ${code === "EHOSTUNREACH" ? "no route to host" : "network is unreachable"}`;
    case "EPROTO":
      return "http: server gave HTTP response to HTTPS client";
    default:
      return isCertificateFault(code)
        ? `tls: failed to verify certificate: x509: ${textOf(error)}`
        : textOf(error);
  }
}

function hostName(host: string): string {
  return host.replace(/:\d+$/, "");
}

function hintFor(code: string, host: string): { hint?: string } {
  if (code === "EPROTO" || isCertificateFault(code)) {
    const place = `/etc/containers/certs.d/${host}`;
    return {
      hint: `if ${host} is to be trusted, put its certificate into ${place} or mark it insecure in registries.conf (or use --tls-verify=false)`,
    };
  }
  if (code === "ECONNREFUSED") return { hint: `nothing listens at ${host}` };
  if (code === "ENOTFOUND" || code === "EAI_AGAIN")
    return { hint: "check the name and the network connection" };
  return {};
}

function isCertificateFault(code: string): boolean {
  return /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER|ALTNAME/.test(code);
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return "";
  return "code" in error && typeof error.code === "string" ? error.code : error.name;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * What a registry says in an error's body: `{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}`
 * gives "manifest unknown".
 */
export function registryMessage(body: string): { readonly code: string; readonly text: string } | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  const errors = (parsed as { errors?: unknown } | null)?.errors;
  const first: unknown = Array.isArray(errors) ? errors[0] : parsed;
  const { code, message, details } = (first ?? {}) as {
    code?: unknown;
    message?: unknown;
    details?: unknown;
  };
  const said = typeof message === "string" ? message : typeof details === "string" ? details : "";
  if (typeof code !== "string" || code === "") return said === "" ? undefined : { code: "", text: said };
  const words = code.toLowerCase().replaceAll("_", " ");
  return { code, text: said === "" || said === words ? words : `${words}: ${said}` };
}

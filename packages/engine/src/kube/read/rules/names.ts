/** Kubernetes' rules for names, labels, keys and paths: each gives what is wrong, or undefined. */

export interface NameProblem {
  readonly message: string;
  readonly hint?: string;
}

const LABEL = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/;
const SUBDOMAIN = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;
const QUALIFIED = /^[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?$/;
const LABEL_HINT = 'lower-case letters, digits and "-", with a letter or digit at both ends';
const SUBDOMAIN_HINT = 'lower-case letters, digits, "-" and ".", with a letter or digit at both ends';
const QUALIFIED_HINT = 'letters, digits, "-", "_" and ".", with a letter or digit at both ends';

/** RFC 1123 label: containers, volumes, host names. */
export function dnsLabelProblem(value: string): NameProblem | undefined {
  if (value.length > 63) return tooLong(value, 63);
  if (LABEL.test(value)) return undefined;
  return invalid(value, "not a DNS label", suggestion(value, /[^a-z0-9-]+/g) ?? LABEL_HINT);
}

/** RFC 1123 subdomain: objects. */
export function dnsSubdomainProblem(value: string): NameProblem | undefined {
  if (value.length > 253) return tooLong(value, 253);
  if (SUBDOMAIN.test(value)) return undefined;
  return invalid(value, "not a DNS name", suggestion(value, /[^a-z0-9.-]+/g) ?? SUBDOMAIN_HINT);
}

/** The name that was most likely meant, where only case and odd characters are wrong. */
function suggestion(value: string, odd: RegExp): string | undefined {
  const fixed = value
    .toLowerCase()
    .replaceAll(odd, "-")
    .replaceAll(/^[-.]+|[-.]+$/g, "");
  return SUBDOMAIN.test(fixed) && fixed !== value && fixed.length > 1 ? `for example "${fixed}"` : undefined;
}

/** Keys of labels, annotations and resources: an optional DNS name, a slash, a name. */
export function qualifiedNameProblem(value: string): NameProblem | undefined {
  const slash = value.indexOf("/");
  const prefix = slash === -1 ? undefined : value.slice(0, slash);
  const name = slash === -1 ? value : value.slice(slash + 1);
  if (prefix !== undefined && (prefix.length > 253 || !SUBDOMAIN.test(prefix)))
    return invalid(value, 'the part before the "/" is not a DNS name', SUBDOMAIN_HINT);
  if (name.length > 63) return tooLong(name, 63);
  return QUALIFIED.test(name) ? undefined : invalid(value, "not a qualified name", QUALIFIED_HINT);
}

export function labelValueProblem(value: string): NameProblem | undefined {
  if (value.length > 63) return tooLong(value, 63);
  return value === "" || QUALIFIED.test(value)
    ? undefined
    : invalid(value, "not a label's value", QUALIFIED_HINT);
}

/** IANA_SVC_NAME. */
export function portNameProblem(value: string): NameProblem | undefined {
  if (value.length > 15) return tooLong(value, 15);
  const fits = /^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(value) && /[a-z]/.test(value);
  return fits
    ? undefined
    : invalid(value, "not a port's name", 'lower-case letters, digits and single "-", at least one letter');
}

export function envNameProblem(value: string): NameProblem | undefined {
  return /^[ -<>-~]+$/.test(value) ? undefined : invalid(value, 'a variable\'s name has no "=" and prints');
}

/** Keys of ConfigMaps and Secrets: they become file names. */
export function configKeyProblem(value: string): NameProblem | undefined {
  if (value.length > 253) return tooLong(value, 253);
  if (value === "." || value === ".." || value.startsWith(".."))
    return invalid(value, 'a key is no "." and does not begin with ".."');
  return /^[-._a-zA-Z0-9]+$/.test(value)
    ? undefined
    : invalid(value, "not a key", 'letters, digits, "-", "_" and "."');
}

/** A file in a volume of keys: names that begin with ".." are the volume's own. */
export function filePathProblem(value: string): NameProblem | undefined {
  if (/^\.\.[^/]/.test(value)) return invalid(value, 'must not begin with ".."');
  return insidePathProblem(value);
}

/** A path in a volume: it stays inside (CVE-2025-9566). */
export function insidePathProblem(value: string): NameProblem | undefined {
  if (value.startsWith("/")) return invalid(value, "must be a relative path");
  if (value.split("/").includes("..")) return invalid(value, 'must not contain ".."');
  return value.includes("\0") ? invalid(value, "must not contain a zero byte") : undefined;
}

export function absolutePathProblem(value: string): NameProblem | undefined {
  if (value.includes("\0")) return invalid(value, "must not contain a zero byte");
  return value.startsWith("/") ? undefined : invalid(value, "must be an absolute path");
}

export function invalid(value: string | number, reason: string, hint?: string): NameProblem {
  const shown = typeof value === "number" ? String(value) : `"${value}"`;
  return { message: `invalid value ${shown}: ${reason}`, ...(hint === undefined ? {} : { hint }) };
}

function tooLong(value: string, most: number): NameProblem {
  return {
    message: `invalid value "${value.slice(0, 20)}…": at most ${most} characters`,
    hint: `it has ${value.length}`,
  };
}

/** Names as Kubernetes takes them, made of names and paths that it would not take. */

const LABEL = 63;
const SUBDOMAIN = 253;

/** A DNS label of a container's name. Underscores are dropped, as Podman does. */
export function containerLabel(name: string): string {
  return label(name.replaceAll("_", ""));
}

/** A DNS label, other characters turned into dashes: /srv/My_Data is srv-my-data. The end is kept: it tells more. */
export function label(text: string, max = LABEL): string {
  const clean = trim(text.toLowerCase().replaceAll(/[^a-z0-9-]+/g, "-"));
  return trim(clean.slice(-max)) || "x";
}

/** A DNS subdomain of a pod's name. */
export function objectName(name: string): string {
  return subdomain(name.replaceAll("_", ""));
}

/** A DNS subdomain of a volume's name: what a claim may be called. */
export function claimName(volume: string): string {
  return subdomain(volume.replaceAll("_", "-"));
}

function subdomain(text: string): string {
  const parts = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9.-]+/g, "-")
    .split(".")
    .map(trim)
    .filter((part) => part !== "");
  return trim(parts.join(".").slice(0, SUBDOMAIN).replace(/\.+$/, "")) || "x";
}

function trim(text: string): string {
  return text.replaceAll(/^-+|-+$/g, "");
}

/** The name, or with a number behind it where it is taken. It is taken from then on. */
export function unusedLabel(name: string, taken: Set<string>): string {
  let result = name;
  for (let number = 2; taken.has(result); number++) {
    const suffix = `-${number}`;
    result = `${name.slice(0, LABEL - suffix.length).replace(/-+$/, "")}${suffix}`;
  }
  taken.add(result);
  return result;
}

export function isLabel(text: string): boolean {
  return text.length <= LABEL && /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(text);
}

/** What labels and annotations may be called: an optional DNS prefix, and up to 63 characters. */
export function isQualifiedName(key: string): boolean {
  const parts = key.split("/");
  const name = parts.pop() ?? "";
  const [prefix] = parts;
  if (parts.length > 1 || name.length > LABEL || !/^[A-Za-z0-9]([\w.-]*[A-Za-z0-9])?$/.test(name))
    return false;
  if (prefix === undefined) return true;
  return (
    prefix.length <= SUBDOMAIN &&
    /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/.test(prefix)
  );
}

export function isLabelValue(value: string): boolean {
  return value.length <= LABEL && (value === "" || /^[A-Za-z0-9]([\w.-]*[A-Za-z0-9])?$/.test(value));
}

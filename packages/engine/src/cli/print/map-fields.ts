/**
 * Plain objects stand for Go's structs and for its maps alike. Which of the two a field holds decides how it is
 * shown (`map[k:v]`, keys sorted) and whether an unknown key is an error, so the fields that hold maps are listed here.
 */
const MAP_FIELDS: ReadonlySet<string> = new Set([
  "annotations",
  "containers",
  "data",
  "driveropts",
  "exposedports",
  "interfaces",
  "ipamoptions",
  "labels",
  "networkoptions",
  "networks",
  "options",
  "portbindings",
  "ports",
  "status",
  "storage",
  "sysctls",
  "tmpfs",
  "volumes",
]);

/** Compares names as Podman's users mix them: `.ID` finds "Id", `.NetworkInterface` finds "network_interface". */
export function looseName(name: string): string {
  return name.replaceAll("_", "").toLowerCase();
}

export function holdsMap(field: string): boolean {
  return MAP_FIELDS.has(looseName(field));
}

export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Keys that no Go struct has (`80/tcp`, `com.example.x`), or none: the object is a map whatever field holds it. */
export function hasMapKeys(value: Readonly<Record<string, unknown>>): boolean {
  const keys = Object.keys(value);
  return keys.length === 0 || !keys.every(isFieldName);
}

/** Whether a field of a Go struct may be called so. */
export function isFieldName(key: string): boolean {
  return /^[\p{L}_][\p{L}\p{N}_]*$/u.test(key);
}

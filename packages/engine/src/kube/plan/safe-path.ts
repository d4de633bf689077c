/** Paths from manifests that must stay below a directory (CVE-2025-9566: a ConfigMap's path that left its volume). */

/** Relative, without `.`, `..` and empty parts; undefined for a path that could leave its directory. */
export function safePath(path: string): string | undefined {
  if (path.startsWith("/") || path.includes("\0")) return undefined;
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  // `..` is refused, not resolved: what a link stands for on the way is not known here.
  if (parts.length === 0 || parts.includes("..")) return undefined;
  return parts.join("/");
}

/** A path where one file's name is another's directory, or another's name. */
export function collision(paths: readonly string[]): string | undefined {
  const seen = new Set<string>();
  for (const path of paths) {
    if (seen.has(path)) return path;
    seen.add(path);
  }
  return paths.find((path) => parentsOf(path).some((parent) => seen.has(parent)));
}

function parentsOf(path: string): string[] {
  const parts = path.split("/");
  return parts.slice(1).map((_, i) => parts.slice(0, i + 1).join("/"));
}

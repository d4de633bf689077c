/** Absolute paths inside a container, as text: they say nothing about what is there. */
import { invalidValue } from "./value-error.ts";

/** @throws VALUE_INVALID for an empty or relative path. */
export function cleanContainerPath(path: string): string {
  if (path === "") throw invalidValue("container directory cannot be empty");
  if (!path.startsWith("/")) {
    throw invalidValue(`invalid container path ${JSON.stringify(path)}, must be an absolute path`);
  }
  return cleanPath(path);
}

/** Resolves `.`, `..` and repeated slashes of an absolute path without looking at any file system. */
export function cleanPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}

/** True when `path` is `directory` or lies below it; both clean. */
export function isWithin(path: string, directory: string): boolean {
  return directory === "/" || path === directory || path.startsWith(`${directory}/`);
}

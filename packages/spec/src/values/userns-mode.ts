/** `--userns`: where a container's user namespace comes from. */
import { EngineError } from "../errors/engine-error.ts";

export type UsernsMode =
  | { readonly kind: "host" | "private" | "nomap" }
  | {
      readonly kind: "auto";
      readonly size?: number;
      /** "INSIDE:[@]OUTSIDE[:SIZE]" */
      readonly uidMappings: readonly string[];
      readonly gidMappings: readonly string[];
    }
  | { readonly kind: "keep-id"; readonly uid?: number; readonly gid?: number; readonly size?: number }
  | { readonly kind: "container"; readonly container: string }
  | { readonly kind: "path"; readonly path: string };

/** @throws CONTAINER_INVALID */
export function parseUsernsMode(text: string): UsernsMode {
  const colon = text.indexOf(":");
  const kind = colon === -1 ? text : text.slice(0, colon);
  const value = colon === -1 ? undefined : text.slice(colon + 1);
  switch (kind) {
    case "":
    case "host":
    case "private":
    case "nomap":
      if (value !== undefined) break;
      return { kind: kind === "" ? "host" : kind };
    case "auto":
      return auto(value);
    case "keep-id":
      return keepId(value);
    case "container":
      if (value === undefined || value === "") throw invalid("namespace mode container requires a value");
      return { kind, container: value };
    case "ns":
      if (value === undefined || value === "") throw invalid("must provide a path to a namespace");
      return { kind: "path", path: value };
    default:
  }
  throw invalid(`unrecognized namespace mode ${text} passed`);
}

function auto(text: string | undefined): UsernsMode {
  const uidMappings: string[] = [];
  const gidMappings: string[] = [];
  let size: number | undefined;
  for (const [key, value] of options(text)) {
    if (key === "size") size = count(value);
    else if (key === "uidmapping") uidMappings.push(value);
    else if (key === "gidmapping") gidMappings.push(value);
    else throw invalid(`unknown option specified: ${JSON.stringify(key)}`);
  }
  return { kind: "auto", uidMappings, gidMappings, ...(size === undefined ? {} : { size }) };
}

function keepId(text: string | undefined): UsernsMode {
  const chosen: Record<string, number> = {};
  for (const [key, value] of options(text)) {
    if (!["uid", "gid", "size"].includes(key)) {
      throw invalid(`unknown option specified: ${JSON.stringify(key)}`);
    }
    chosen[key] = count(value);
  }
  return { kind: "keep-id", ...chosen };
}

function options(text: string | undefined): [string, string][] {
  if (text === undefined) return [];
  return text.split(",").map((option) => {
    const equals = option.indexOf("=");
    if (equals === -1) throw invalid(`invalid option specified: ${JSON.stringify(option)}`);
    return [option.slice(0, equals), option.slice(equals + 1)];
  });
}

function count(text: string): number {
  if (/^\d{1,10}$/.test(text) && Number(text) <= 4_294_967_295) return Number(text);
  throw invalid(`${JSON.stringify(text)}: invalid number of a user namespace`);
}

function invalid(message: string): EngineError {
  return new EngineError("CONTAINER_INVALID", message);
}

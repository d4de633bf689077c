/** `--log-opt tag=`: text with fields of what `inspect` shows, `{{.Name}}-{{.ImageName}}`. */
import { EngineError } from "@podwright/spec/errors/engine-error";

const ACTION = /\{\{\s*\.([A-Za-z][\w.]*)\s*\}\}/g;

/** @throws CONTAINER_INVALID for anything in braces but a field */
export function checkTag(tag: string): void {
  if (!tag.replaceAll(ACTION, "").includes("{{")) return;
  throw new EngineError(
    "CONTAINER_INVALID",
    `template parsing error ${tag}: a tag takes fields like {{.Name}}, and no other actions`,
  );
}

/** `inspected` is asked for only where the tag has a field. @throws CONTAINER_INVALID for a field that is not there */
export async function fillTag(tag: string, inspected: () => Promise<object>): Promise<string> {
  if (!tag.includes("{{")) return tag;
  const data = await inspected();
  return tag.replaceAll(ACTION, (_action, path: string) => {
    let value: unknown = data;
    for (const name of path.split(".")) value = member(value, name);
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean")
      return `${value}`;
    throw new EngineError("CONTAINER_INVALID", `log tag ${tag}: a container has no field .${path}`);
  });
}

/** {{.ID}} finds Id: names count without their case where none has the very case. */
function member(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  const entries = Object.entries(value);
  const exact = entries.find(([key]) => key === name);
  return (exact ?? entries.find(([key]) => key.toLowerCase() === name.toLowerCase()))?.[1];
}

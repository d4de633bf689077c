/** Labels and annotations, from flags and from files. */
import type { Labels } from "@podwright/spec/engine-api/common";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { Flags } from "../frame/command.ts";
import { readLines } from "./line-file.ts";

export const labelFlags = {
  label: {
    type: "list",
    short: "l",
    help: "Set metadata on container",
    valueName: "KEY=VALUE",
    complete: "none",
  },
  "label-file": {
    type: "list",
    help: "Read in a line delimited file of labels",
    valueName: "FILE",
    complete: "file",
  },
} as const satisfies Flags;

export interface LabelValues {
  readonly label: readonly string[];
  readonly "label-file"?: readonly string[];
}

/** Flags win over files; a key without `=` has an empty value. @throws VALUE_INVALID */
export function parseLabels(flags: LabelValues): Labels {
  const labels: Record<string, string> = {};
  for (const file of flags["label-file"] ?? []) {
    for (const line of readLines(file)) {
      const [key, value] = keyValue(line);
      if (key === "") throw invalid(`invalid environment variable: ${JSON.stringify(line)}`);
      if (/[ \t]/.test(key)) {
        throw invalid(`name ${JSON.stringify(key)} has white spaces, poorly formatted name`);
      }
      // Without "=" a line of a label file is nothing, in Podman too.
      if (value !== undefined) labels[key] = value;
    }
  }
  for (const label of flags.label) {
    const [key, value = ""] = keyValue(label);
    if (key === "") throw invalid(`invalid label format: ${JSON.stringify(label)}`);
    labels[key] = value;
  }
  return labels;
}

/** @throws VALUE_INVALID */
export function parseAnnotations(values: readonly string[]): Labels {
  const annotations: Record<string, string> = {};
  for (const text of values) {
    const [key, value] = keyValue(text);
    if (value === undefined) throw invalid("annotations must be formatted KEY=VALUE");
    annotations[key] = value;
  }
  return annotations;
}

/** "a=b=c" → ["a", "b=c"]; the value is undefined without "=". */
export function keyValue(text: string): [string, string | undefined] {
  const equals = text.indexOf("=");
  return equals === -1 ? [text, undefined] : [text.slice(0, equals), text.slice(equals + 1)];
}

function invalid(message: string): EngineError {
  return new EngineError("VALUE_INVALID", message);
}

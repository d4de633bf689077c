/**
 * What an unquoted word of YAML means to Kubernetes: YAML 1.1 as Go's yaml.v2 reads it, where `yes` is a boolean,
 * `0644` is octal, and dates and `1:30` are strings.
 */

export interface ScalarMeaning {
  readonly type: "string" | "boolean" | "integer" | "float" | "null";
  readonly value: string | boolean | number | null;
}

const TRUE = /^(?:y|Y|yes|Yes|YES|true|True|TRUE|on|On|ON)$/;
const FALSE = /^(?:n|N|no|No|NO|false|False|FALSE|off|Off|OFF)$/;
const NULL = /^(?:~|null|Null|NULL)?$/;
const NOT_FINITE = /^(?:\.nan|\.NaN|\.NAN|[-+]?\.(?:inf|Inf|INF))$/;
const INTEGER = /^([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))$/;
const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;

export function plainScalar(text: string): ScalarMeaning {
  if (NULL.test(text)) return { type: "null", value: null };
  if (TRUE.test(text)) return { type: "boolean", value: true };
  if (FALSE.test(text)) return { type: "boolean", value: false };
  if (NOT_FINITE.test(text)) return { type: "float", value: text.startsWith("-") ? -Infinity : Infinity };
  return plainNumber(text) ?? { type: "string", value: text };
}

function plainNumber(text: string): ScalarMeaning | undefined {
  if (!/^[-+.0-9]/.test(text)) return undefined;
  const digits = text.replaceAll("_", "");
  const [whole, sign, hex, binary, octal, decimal] = INTEGER.exec(digits) ?? [];
  if (whole !== undefined) {
    const magnitude =
      hex !== undefined
        ? Number.parseInt(hex, 16)
        : binary !== undefined
          ? Number.parseInt(binary, 2)
          : octal !== undefined
            ? Number.parseInt(octal, 8)
            : Number(decimal);
    return numeric(sign === "-" && magnitude !== 0 ? -magnitude : magnitude);
  }
  return FLOAT.test(digits) ? numeric(Number(digits)) : undefined;
}

/** A float without a fraction counts as an integer, as it does once Go has written it as JSON. */
function numeric(value: number): ScalarMeaning {
  return { type: Number.isSafeInteger(value) ? "integer" : "float", value };
}

/** The meaning of a scalar with a tag of its own; undefined for a tag that nobody here knows. */
export function taggedScalar(tag: string, text: string): ScalarMeaning | undefined {
  switch (tag.replace("tag:yaml.org,2002:", "!!")) {
    case "!":
    case "!!str":
      return { type: "string", value: text };
    case "!!timestamp":
      return { type: "string", value: text };
    case "!!binary":
      return { type: "string", value: Buffer.from(text, "base64").toString("utf8") };
    case "!!null":
      return { type: "null", value: null };
    case "!!bool":
    case "!!int":
    case "!!float": {
      const meaning = plainScalar(text);
      return meaning.type === "string" || meaning.type === "null" ? undefined : meaning;
    }
    default:
      return undefined;
  }
}

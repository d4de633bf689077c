/** `--filter` of image verbs: `key=value`, or `key!=value` for what must not be. */
import type { Filters } from "@podwright/spec/engine-api/common";
import { parseFilters } from "@podwright/spec/values/filter";

/** A negated key ends with `!`: `label!=a=b` is `{"label!": ["a=b"]}`. @throws VALUE_INVALID */
export function parseImageFilters(values: readonly string[]): Filters {
  return parseFilters(
    values,
    (value) =>
      `invalid image filter ${JSON.stringify(value)}: must be in the format "filter=value or filter!=value"`,
  );
}

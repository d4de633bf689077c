/** `secret ls --filter`. */
import type { Filters } from "@podwright/spec/engine-api/common";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { SecretRecord } from "../ports/secret-record.ts";

const SUBJECTS: Readonly<Record<string, (secret: SecretRecord) => string>> = {
  name: ({ name }) => name,
  id: ({ id }) => id,
};

/** Values of one key are alternatives, regular expressions; keys must all hold. @throws SECRET_INVALID */
export function matchesFilters(filters: Filters): (secret: SecretRecord) => boolean {
  const checks = Object.entries(filters).map(([key, values]) => {
    const subject = Object.hasOwn(SUBJECTS, key) ? SUBJECTS[key] : undefined;
    if (subject === undefined) {
      throw new EngineError("SECRET_INVALID", `invalid filter ${JSON.stringify(key)}`);
    }
    const patterns = values.map((value) => toPattern(value));
    return (secret: SecretRecord) => patterns.some((pattern) => pattern.test(subject(secret)));
  });
  return (secret) => checks.every((check) => check(secret));
}

function toPattern(value: string): RegExp {
  try {
    return new RegExp(value);
  } catch (cause) {
    throw new EngineError("SECRET_INVALID", `${JSON.stringify(value)} is no regular expression`, { cause });
  }
}

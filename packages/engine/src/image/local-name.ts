/** Names that the user gives to local images: without a registry they are below localhost. */
import {
  isShortName,
  parseReference,
  type Reference,
  withDefaultTag,
  withoutTagIfDigested,
} from "@podwright/spec/distribution/reference";

/** @throws IMAGE_REFERENCE_INVALID */
export function localName(text: string): Reference {
  const full = isShortName(text) ? `localhost/${text}` : text;
  return withDefaultTag(withoutTagIfDigested(parseReference(full)));
}

/** What becomes of each field of the kinds that are played: done, left out with a warning, refused. */
import { NOTES, SUPPORTED, UNSUPPORTED } from "./support-rows.ts";

export type Support =
  | { readonly state: "supported" }
  /** Written by the API server: taken without a word and dropped. */
  | { readonly state: "server-made" }
  /** The rest plays; a warning says why this does not. */
  | { readonly state: "ignored"; readonly why: string }
  | { readonly state: "refused"; readonly why: string }
  /** A volume's source that cannot exist here: refused where a container mounts the volume. */
  | { readonly state: "unmountable"; readonly why: string };

const DONE: Support = { state: "supported" };

/** Fields by type, as the schema names types. Made where it is used: a mere import builds nothing. */
export class SupportTable {
  readonly #rows = new Map<string, Support>();
  readonly #defaults = new Map<string, string>();

  constructor() {
    for (const [type, names] of Object.entries(SUPPORTED))
      for (const name of names.split(" ")) this.#rows.set(`${type}.${name}`, DONE);
    for (const row of UNSUPPORTED)
      for (const entry of row.fields.split(" ")) {
        // "Type.field=value": that value is what holds here anyway.
        const [field = "", value] = entry.split("=");
        const support: Support =
          row.state === "server-made" ? { state: "server-made" } : { state: row.state, why: row.why };
        this.#rows.set(field, support);
        if (value !== undefined) this.#defaults.set(field, value);
      }
  }

  of(type: string, field: string): Support {
    return this.#rows.get(`${type}.${field}`) ?? DONE;
  }

  /** False for a field that nobody has thought about yet: the documentation's generator refuses it. */
  knows(type: string, field: string): boolean {
    return this.#rows.has(`${type}.${field}`);
  }

  /** For the documentation: limits of a field that is supported, "" for none. */
  note(type: string, field: string): string {
    return NOTES[`${type}.${field}`] ?? "";
  }

  /** True for a value that asks for nothing but what holds here anyway. */
  holdsAnyway(type: string, field: string, value: string): boolean {
    return this.#defaults.get(`${type}.${field}`) === value;
  }
}

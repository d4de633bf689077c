/** Environment variables that tell the engine inside a user's namespaces what the one outside knew. */

/** The user's id on the host. Stays in the environment, for what the engine starts is inside as well. */
export const ROOTLESS_UID = "_PODWRIGHT_ROOTLESS_UID";

/** What the way in loses: an `Entry`, read once. */
export const ENTRY = "_PODWRIGHT_ENTRY";

/** As JSON in the environment. */
export interface Entry {
  /** The working directory; absent where it is gone. */
  readonly cwd?: string;
  /** What the program was called. */
  readonly name: string;
}

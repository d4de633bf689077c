/** Namespaces without a process, pinned by bind mounts (feasibility: 0.9 ms for three). */
import type { IdMappings } from "@podwright/spec/values/id-map";

export type PinnedNamespace = "net" | "ipc" | "uts";

/** What is done in new namespaces before anybody joins them. */
export interface PinOptions {
  readonly hostname?: string;
  readonly sysctls?: Readonly<Record<string, string>>;
}

/** A user namespace of its own, or one that is there, by its path. */
export type UserNamespaceChoice = { readonly mappings: IdMappings } | { readonly path: string };

export interface Namespaces {
  /** Makes new namespaces and pins each at `<dir>/<kind>`; `lo` is up. The caller's own are unchanged afterwards. */
  pin(dir: string, kinds: readonly PinnedNamespace[], options: PinOptions): void;
  /** As `pin`, of namespaces that belong to a user namespace; a new one is pinned with them, at `<dir>/user`. */
  pinFor(
    user: UserNamespaceChoice,
    dir: string,
    kinds: readonly PinnedNamespace[],
    options: PinOptions,
  ): Promise<void>;
  /** True when `<dir>/<kind>` is a pin in this boot. */
  isPinned(dir: string, kind: PinnedNamespace | "user"): boolean;
  /** Drops all pins in `dir`; the kernel removes what nothing else uses. None is no error. */
  unpin(dir: string): void;
}

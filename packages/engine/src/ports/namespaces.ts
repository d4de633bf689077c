/** Namespaces without a process, pinned by bind mounts (feasibility: 0.9 ms for three). */
export type PinnedNamespace = "net" | "ipc" | "uts";

export interface Namespaces {
  /** Makes new namespaces and pins each at `<dir>/<kind>`; `lo` is up. The caller's own are unchanged afterwards. */
  pin(
    dir: string,
    kinds: readonly PinnedNamespace[],
    options: { readonly hostname?: string; readonly sysctls?: Readonly<Record<string, string>> },
  ): void;
  /** True when `<dir>/<kind>` is a pin in this boot. */
  isPinned(dir: string, kind: PinnedNamespace): boolean;
  /** Drops all pins in `dir`; the kernel removes what nothing else uses. None is no error. */
  unpin(dir: string): void;
}

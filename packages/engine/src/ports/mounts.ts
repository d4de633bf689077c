/** Mounts that the engine makes itself, in its own mount namespace. */
export interface Mounts {
  overlay(request: OverlayRequest): void;
  tmpfs(target: string, options: { readonly size: number; readonly mode: string }): void;
  bind(source: string, target: string): void;
  /** Detaches every mount at `target`; nothing mounted is no error. */
  unmount(target: string): void;
  isMounted(target: string): boolean;
}

export interface OverlayRequest {
  readonly target: string;
  /** Directories, the lowest layer first. */
  readonly lower: readonly string[];
  readonly upper: string;
  readonly work: string;
  readonly volatile: boolean;
}

/** The LayerMounts port: one mount per layer for all who use it, at `<runRoot>/layers/<chainID>`. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { closeSync, constants, existsSync, openSync, statSync } from "node:fs";
import { namesIn } from "../../../base/if-there.ts";
import type { LayerMounts, LayerStack, OpenLayer, OpenLayers } from "../../../ports/layer-mounts.ts";
import { isMountRoot } from "../../sys/file-system.ts";
import { unmount, unmountAll } from "../../sys/mount.ts";
import { mayHaveFileMarks } from "../../sys/overlay-marks.ts";
import { imageFile } from "../erofs/layer-files.ts";
import { readRoot, type RootOwner } from "../erofs/root-inode.ts";
import { layerDirectory, layerMountPoint, shownLayer } from "../layer-paths.ts";
import { lockDirectory, lockIfThere, makeDirectory, removeIfEmpty } from "./directory-lock.ts";
import { mountLayer, openMountedLayer } from "./mount-layer.ts";
import { type LayerKind, StackState } from "./stack-state.ts";

export interface LayerPlaces {
  readonly root: string;
  readonly runRoot: string;
}

export class KernelLayerMounts implements LayerMounts {
  readonly #places: LayerPlaces;

  constructor(places: LayerPlaces) {
    this.#places = places;
  }

  async acquire(stack: LayerStack, user: string): Promise<string[]> {
    const state = this.#state(stack.id);
    const shared = state.join(user) ? this.#shared(stack, state) : undefined;
    return shared ?? (await this.#bringUp(stack, state, user));
  }

  async release(stackId: string, user: string): Promise<void> {
    const state = this.#state(stackId);
    if (!state.leave(user)) return;
    using lock = await lockIfThere(state.directory);
    // Somebody may have brought it up again meanwhile.
    if (lock === undefined) state.removeParent();
    else if (!state.hasUsers()) await this.#takeDown(stackId, state);
  }

  open(stack: LayerStack): OpenLayers {
    const kinds = this.#kindsOf(stack);
    const layers: OpenLayer[] = [];
    const close = (): void => {
      for (const { fd } of layers.splice(0)) closeSync(fd);
    };
    try {
      for (const [index, id] of stack.layers.entries()) {
        const kind = kinds[index] ?? "dir";
        const fileMarks = kind === "dir" && mayHaveFileMarks(layerDirectory(this.#places.root, id));
        layers.push({ id, fd: this.#open(id, kind), fileMarks });
      }
    } catch (error) {
      close();
      throw error;
    }
    return { layers, [Symbol.dispose]: close };
  }

  /** Owner and mode of the merged root directory: the highest layer's. @throws IMAGE_LAYER_INVALID */
  rootOf(stack: LayerStack): RootOwner | undefined {
    const { root } = this.#places;
    const kind = this.#kindsOf(stack).at(-1);
    const top = stack.layers.at(-1);
    if (top === undefined) return undefined;
    return kind === "erofs" ? readRoot(imageFile(root, top)) : statSync(layerDirectory(root, top));
  }

  directory(chainId: string): string {
    return shownLayer(this.#places, chainId);
  }

  /** undefined where the stack is not up, or not in this mount namespace. */
  #shared(stack: LayerStack, state: StackState): string[] | undefined {
    const kinds = state.kinds();
    if (kinds?.length !== stack.layers.length) return undefined;
    const paths = this.#pathsOf(stack, kinds);
    // The highest is mounted last, and unmounted by who holds the lock and saw no user.
    const mounted = paths[kinds.lastIndexOf("erofs")];
    if (mounted === undefined || isMountRoot(mounted) !== true) return undefined;
    return paths.every((path, index) => kinds[index] === "erofs" || existsSync(path)) ? paths : undefined;
  }

  async #bringUp(stack: LayerStack, state: StackState, user: string): Promise<string[]> {
    const kinds = this.#kindsOf(stack);
    const toMount = stack.layers.filter((_, index) => kinds[index] === "erofs");
    if (toMount.length > 0) {
      using _lock = await lockDirectory(state.directory);
      state.joinFirst(user);
      state.plan(toMount);
      try {
        for (const chainId of toMount) await this.#hold(chainId, stack.id);
        state.markUp(kinds);
      } catch (error) {
        if (state.leave(user)) await this.#takeDown(stack.id, state);
        throw error;
      }
    }
    return this.#pathsOf(stack, kinds);
  }

  /** With the stack's lock held; whoever is killed in it leaves what it had planned, and another goes on from there. */
  async #takeDown(stackId: string, state: StackState): Promise<void> {
    state.markDown();
    for (const chainId of state.planned().reverse()) await this.#letGo(chainId, stackId);
    for (const parent of ["layers", "layers-held"]) removeIfEmpty(`${this.#places.runRoot}/${parent}`);
    state.remove();
  }

  /** Locks are taken in this order: a stack's, then one layer's at a time. */
  async #hold(chainId: string, stackId: string): Promise<void> {
    const holders = this.#holders(chainId);
    using _lock = await lockDirectory(holders);
    makeDirectory(`${holders}/${stackId}`);
    const target = this.#mountPoint(chainId);
    if (isMountRoot(target) === true) return;
    makeDirectory(target);
    mountLayer(this.#places.root, chainId, target);
  }

  async #letGo(chainId: string, stackId: string): Promise<void> {
    const holders = this.#holders(chainId);
    using lock = await lockIfThere(holders);
    if (lock === undefined) return;
    removeIfEmpty(`${holders}/${stackId}`);
    if (namesIn(holders).length > 0) return;
    const target = this.#mountPoint(chainId);
    unmount(target);
    // This detaches it as well from mount namespaces that have got a copy: they must not keep it alive.
    if (!removeIfEmpty(target)) {
      unmountAll(target);
      removeIfEmpty(target);
    }
    removeIfEmpty(holders);
  }

  #open(chainId: string, kind: LayerKind): number {
    const { root } = this.#places;
    if (kind === "erofs") return openMountedLayer(root, chainId);
    return openSync(layerDirectory(root, chainId), constants.O_RDONLY | constants.O_DIRECTORY);
  }

  #kindsOf(stack: LayerStack): LayerKind[] {
    return stack.layers.map((chainId) => {
      if (existsSync(imageFile(this.#places.root, chainId))) return "erofs";
      if (existsSync(layerDirectory(this.#places.root, chainId))) return "dir";
      throw new EngineError(
        "IMAGE_LAYER_INVALID",
        `image ${stack.id}: its layer ${chainId} is missing from the store`,
        { hint: "pull the image again" },
      );
    });
  }

  #pathsOf(stack: LayerStack, kinds: readonly LayerKind[]): string[] {
    return stack.layers.map((chainId, index) =>
      kinds[index] === "erofs" ? this.#mountPoint(chainId) : layerDirectory(this.#places.root, chainId),
    );
  }

  #state(stackId: string): StackState {
    return new StackState(this.#places.runRoot, stackId);
  }

  #mountPoint(chainId: string): string {
    return layerMountPoint(this.#places.runRoot, chainId);
  }

  #holders(chainId: string): string {
    return `${this.#places.runRoot}/layers-held/${chainId}`;
  }
}

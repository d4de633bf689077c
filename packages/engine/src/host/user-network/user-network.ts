/**
 * The one network namespace that all bridges of an ordinary user are in, pinned as those of sandboxes are, with one pasta
 * that leads to the world. It is there as long as a sandbox is on a bridge.
 */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { rmSync, statSync } from "node:fs";
import type { HeldLock, Locks } from "../../ports/lock.ts";
import type { Namespaces } from "../../ports/namespaces.ts";
import type { Pasta } from "../../ports/pasta.ts";
import { isErrno } from "../sys/libc.ts";
import { NetworkThread } from "./network-thread.ts";
import type { NamesPlace } from "./protocol.ts";

export interface UserNetworkPlace {
  /** Of its own: the pin and pasta's pid file. */
  readonly directory: string;
  readonly storeId: string;
  readonly names: NamesPlace;
  readonly locks: Locks;
  readonly namespaces: Namespaces;
  readonly pasta: () => Promise<Pasta>;
  /** What else ends with the namespace. */
  readonly ending: () => Promise<void>;
}

const LOCK = "user-network";

export class UserNetwork {
  readonly #place: UserNetworkPlace;
  #open: { readonly thread: NetworkThread; readonly inode: number } | undefined;

  private constructor(place: UserNetworkPlace) {
    this.#place = place;
  }

  /** As it is: nothing is made. */
  static async find(place: UserNetworkPlace): Promise<UserNetwork> {
    const found = new UserNetwork(place);
    await found.#enter();
    return found;
  }

  get path(): string {
    return `${this.#place.directory}/net`;
  }

  /** Undefined while the namespace is not there. */
  get thread(): NetworkThread | undefined {
    return this.#open?.thread;
  }

  /** @throws HOST_CALL_FAILED */
  requireThread(): NetworkThread {
    const { thread } = this;
    if (thread === undefined)
      throw new EngineError("HOST_CALL_FAILED", "the user's network namespace is not there");
    return thread;
  }

  /** There, and stays so until the lock is let go. @throws NETWORK_SETUP_FAILED, HOST_PART_MISSING */
  async raise(): Promise<HeldLock> {
    const { locks } = this.#place;
    for (;;) {
      const held = await locks.acquire(LOCK, { mode: "shared" });
      try {
        if (await this.#isUp()) {
          await this.#enter();
          return held;
        }
      } catch (error) {
        held.release();
        throw error;
      }
      held.release();
      using _alone = await locks.acquire(LOCK);
      if (!(await this.#isUp())) await this.#make();
    }
  }

  /** Taken away, unless it is used. Idempotent. */
  async lower(isUsed: () => boolean): Promise<void> {
    const { directory, locks, namespaces } = this.#place;
    if (isUsed() || this.#inode() === undefined) return;
    using _alone = await locks.acquire(LOCK);
    if (isUsed()) return;
    this.#leave();
    await this.#place.ending();
    await (await this.#place.pasta()).stop(this.#pidFile);
    namespaces.unpin(directory);
    rmSync(directory, { recursive: true, force: true });
    locks.forget(LOCK);
  }

  get #pidFile(): string {
    return `${this.#place.directory}/pasta.pid`;
  }

  async #isUp(): Promise<boolean> {
    return this.#inode() !== undefined && (await this.#place.pasta()).isRunning(this.#pidFile);
  }

  /** A pasta that was killed is started anew; the namespace stays with all bridges in it. */
  async #make(): Promise<void> {
    const { directory, namespaces } = this.#place;
    if (this.#inode() === undefined) {
      const sysctls = { "net.ipv4.ip_forward": "1", "net.ipv6.conf.all.forwarding": "1" };
      namespaces.pin(directory, ["net"], { sysctls });
    }
    const pasta = await this.#place.pasta();
    await pasta.start({ netnsPath: this.path, pidFile: this.#pidFile, ports: [], options: [] });
  }

  async #enter(): Promise<void> {
    const inode = this.#inode();
    if (inode === undefined || inode === this.#open?.inode) return;
    this.#leave();
    const { storeId, names } = this.#place;
    this.#open = { thread: await NetworkThread.open({ netnsPath: this.path, storeId, names }), inode };
  }

  #leave(): void {
    this.#open?.thread.close();
    this.#open = undefined;
  }

  /** Of the namespace; undefined where none is pinned. */
  #inode(): number | undefined {
    if (!this.#place.namespaces.isPinned(this.#place.directory, "net")) return undefined;
    try {
      return statSync(this.path).ino;
    } catch (error) {
      if (isErrno(error, "ENOENT")) return undefined;
      throw error;
    }
  }
}

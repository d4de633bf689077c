/**
 * Who uses an image's mounted layers, as names below `<runRoot>/stacks/<imageId>`: a directory `users/<user>` for each
 * user, the file `layers` (chainIDs that it holds, or is about to), and `up`, a link whose text tells each layer's kind.
 * `users` is made with the stack's lock held only, and whoever removes it, which works when it is empty, takes down
 * the rest with the lock held, unless it has come back by then. So who stands in `users` and sees `up` needs no lock.
 */
import { existsSync, mkdirSync, readlinkSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { readIfThere } from "../../../base/if-there.ts";
import { isErrno } from "../../sys/libc.ts";
import { makeDirectory, removeIfEmpty } from "./directory-lock.ts";

export type LayerKind = "dir" | "erofs";

const LETTERS = { dir: "d", erofs: "e" } as const;

export class StackState {
  readonly directory: string;
  readonly #parent: string;
  readonly #users: string;
  readonly #up: string;
  readonly #layers: string;

  constructor(runRoot: string, id: string) {
    this.#parent = `${runRoot}/stacks`;
    this.directory = `${this.#parent}/${id}`;
    this.#users = `${this.directory}/users`;
    this.#up = `${this.directory}/up`;
    this.#layers = `${this.directory}/layers`;
  }

  /** Gives false where the stack has no users: then it may be going. */
  join(user: string): boolean {
    try {
      mkdirSync(`${this.#users}/${user}`);
    } catch (error) {
      if (isErrno(error, "ENOENT")) return false;
      if (!isErrno(error, "EEXIST")) throw error;
    }
    return true;
  }

  /** The kinds of the layers, once all are mounted. */
  kinds(): LayerKind[] | undefined {
    try {
      return Array.from(readlinkSync(this.#up), (letter) => (letter === LETTERS.erofs ? "erofs" : "dir"));
    } catch (error) {
      if (isErrno(error, "ENOENT")) return undefined;
      throw error;
    }
  }

  hasUsers(): boolean {
    return existsSync(this.#users);
  }

  /** True when nobody is left: then it is for the caller to take the stack down. */
  leave(user: string): boolean {
    removeIfEmpty(`${this.#users}/${user}`);
    return removeIfEmpty(this.#users);
  }

  /** With the lock held. Somebody's `leave` may take the empty directory away between the two. */
  joinFirst(user: string): void {
    do makeDirectory(this.#users);
    while (!this.join(user));
  }

  /** With the lock held, before the first of the layers is touched: who takes the stack down goes by it. */
  plan(chainIds: readonly string[]): void {
    const planned = this.planned();
    if (chainIds.every((chainId) => planned.includes(chainId))) return;
    const all = new Set([...planned, ...chainIds]);
    writeFileSync(`${this.#layers}.new`, [...all].join("\n"), { mode: 0o600 });
    renameSync(`${this.#layers}.new`, this.#layers);
  }

  planned(): string[] {
    return (readIfThere(this.#layers) ?? "").split("\n").filter((line) => line !== "");
  }

  /** With the lock held. */
  markUp(kinds: readonly LayerKind[]): void {
    rmSync(this.#up, { force: true });
    symlinkSync(kinds.map((kind) => LETTERS[kind]).join(""), this.#up);
  }

  /** With the lock held. */
  markDown(): void {
    rmSync(this.#up, { force: true });
  }

  /** With the lock held, once none of its layers is held. */
  remove(): void {
    for (const path of [`${this.#layers}.new`, this.#layers]) rmSync(path, { force: true });
    removeIfEmpty(this.directory);
    this.removeParent();
  }

  /** Also without a lock: who was killed between the two directories has left the upper one. */
  removeParent(): void {
    removeIfEmpty(this.#parent);
  }
}

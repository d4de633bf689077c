/**
 * Answers "no such name" to what an internal network must not ask elsewhere: versions of aardvark-dns before 1.11
 * forward it, and a question that nobody answers costs its asker ten seconds. It listens on the host's loopback.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { sleep } from "../../base/sleep.ts";
import type { Processes } from "../../ports/processes.ts";
import { runChecked } from "../process/run.ts";
import { Daemon } from "./daemon.ts";
import { ask } from "./question.ts";

export interface RefuserPlace {
  readonly directory: string;
  readonly program: () => string;
  readonly storeId: string;
  readonly processes: Processes;
}

/** The first version that knows internal networks itself. */
const FIRST_CAPABLE = [1, 11] as const;
const ATTEMPTS = 100;

export class Refuser {
  readonly #place: RefuserPlace;
  readonly #daemon: Daemon;

  constructor(place: RefuserPlace) {
    this.#place = place;
    const { directory, program, processes } = place;
    this.#daemon = new Daemon({ directory, program, processes, env: { AARDVARK_NO_PROXY: "1" } });
  }

  /** Where it answers; undefined where none is needed. */
  async address(): Promise<string | undefined> {
    const address = addressOf(this.#place.storeId);
    if (this.#daemon.running() !== undefined) return address;
    if (await this.#isCapable()) return undefined;
    mkdirSync(this.#place.directory, { recursive: true, mode: 0o700 });
    writeFileSync(`${this.#place.directory}/refuser`, `${address}\n`);
    await this.#daemon.start();
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if ((await ask(address, "refuser", 10)) !== undefined) return address;
      await sleep(1);
    }
    // Without it questions wait in vain, which is slow and keeps them inside all the same.
    return address;
  }

  end(): void {
    this.#daemon.end();
    rmSync(this.#place.directory, { recursive: true, force: true });
  }

  async #isCapable(): Promise<boolean> {
    const { stdout } = await runChecked({ argv: [this.#place.program(), "--version"] });
    const [, major = "0", minor = "0"] = /(\d+)\.(\d+)/.exec(stdout.toString()) ?? [];
    const [first, second] = FIRST_CAPABLE;
    return Number(major) > first || (Number(major) === first && Number(minor) >= second);
  }
}

/** One of the 16 million of 127.0.0.0/8, so that two stores do not meet. */
function addressOf(storeId: string): string {
  const [a = 0, b = 0, c = 0] = Buffer.from(storeId, "hex");
  return `127.${64 + (a % 128)}.${b}.${1 + (c % 254)}`;
}

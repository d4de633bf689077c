/**
 * The NameServer port on aardvark-dns. The server reads every file of its directory at a signal and dies of one
 * that vanishes meanwhile, and version 1.4 answers nothing for a moment; so files change by rename from outside
 * the directory, and nothing else changes before it is seen to answer by the last text.
 */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { sleep } from "../../base/sleep.ts";
import type { NameServer, NameZone } from "../../ports/name-server.ts";
import type { Processes } from "../../ports/processes.ts";
import { Daemon, readIfThere } from "./daemon.ts";
import { ask } from "./question.ts";
import { Refuser } from "./refuser.ts";
import { bodyOf, parseZone, type Probe, probeOf, withMarker, zoneBody, zoneFileName } from "./zone-file.ts";

export interface AardvarkPlace {
  /** Made on first use. */
  readonly directory: string;
  /** Where the program may be, the best first. */
  readonly candidates: readonly string[];
  /** 8 hex digits. */
  readonly storeId: string;
  readonly processes: Processes;
}

interface Change {
  /** All that are served. */
  readonly files: readonly string[];
  /** Those of the zones at hand that stay. */
  readonly kept: readonly string[];
  readonly changed: readonly NameZone[];
  readonly when: "soon" | undefined;
}

/** Milliseconds for a reload or a start, on a host that is busy. */
const PATIENCE = 5_000;
/** After so long something is wrong with the server that runs: it is started anew. */
const SUSPICION = 1_000;
const LONGEST_WAIT = 100;

export class AardvarkNames implements NameServer {
  readonly #directory: string;
  readonly #daemon: Daemon;
  readonly #refuser: Refuser;

  readonly #candidates: readonly string[];

  constructor({ directory, candidates, storeId, processes }: AardvarkPlace) {
    this.#directory = directory;
    this.#candidates = candidates;
    const program = (): string => findProgram(candidates);
    this.#daemon = new Daemon({ directory: this.#zones, program, env: {}, processes });
    this.#refuser = new Refuser({ directory: `${directory}/refuser`, program, storeId, processes });
  }

  get installed(): boolean {
    return this.#candidates.some((candidate) => existsSync(candidate));
  }

  get serves(): boolean {
    return existsSync(this.#zones) && this.#files().length > 0;
  }

  zone(networkId: string): NameZone | undefined {
    for (const internal of [false, true]) {
      const text = readIfThere(`${this.#zones}/${zoneFileName({ id: networkId, internal })}`);
      if (text !== "") return parseZone(networkId, text, internal);
    }
    return undefined;
  }

  async serve(zones: readonly NameZone[], when?: "soon"): Promise<boolean> {
    mkdirSync(this.#zones, { recursive: true, mode: 0o700 });
    const needsRefuser = zones.some(({ internal, entries }) => internal && entries.length > 0);
    const refuser = needsRefuser ? await this.#refuser.address() : undefined;
    const changed = zones.filter((zone) => this.#put(zone, refuser));
    const files = this.#files();
    if (files.length === 0) {
      await this.stop();
      return false;
    }
    const kept = zones.map(zoneFileName).filter((file) => files.includes(file));
    await this.#makeKnown({ files, kept, changed, when });
    if (!files.some((file) => file.includes("%"))) this.#refuser.end();
    return true;
  }

  async #makeKnown({ files, kept, changed, when }: Change): Promise<void> {
    if (kept.length === 0 && changed.length === 0) return;
    const [watched = ""] = files;
    // A zone that goes cannot tell that it is gone: one that stays gets a new text for that.
    if (kept.length === 0) this.#write(`${this.#zones}/${watched}`, bodyOf(this.#read(watched)));
    const probes = (kept.length === 0 ? [watched] : kept).flatMap((file) => probeOf(this.#read(file)) ?? []);
    if (changed.length === 0 && (await answered(probes, LONGEST_WAIT))) return;
    // Only a zone that goes takes a file away, of which a reading server dies: that is waited for.
    const goes = changed.some(({ entries }) => entries.length === 0);
    if (when === "soon" && !goes) await this.#tell();
    else await this.#settle(probes);
  }

  async stop(): Promise<void> {
    if (!existsSync(this.#directory)) return;
    this.#daemon.end();
    this.#refuser.end();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  get #zones(): string {
    return `${this.#directory}/zones`;
  }

  #files(): string[] {
    return readdirSync(this.#zones).filter((name) => name !== "aardvark.pid");
  }

  /** True where something changed. */
  #put(zone: NameZone, refuser: string | undefined): boolean {
    const file = `${this.#zones}/${zoneFileName(zone)}`;
    const before = readIfThere(file);
    if (zone.entries.length === 0) {
      rmSync(file, { force: true });
      return before !== "";
    }
    const body = zoneBody(zone, refuser);
    if (bodyOf(before) === body) return false;
    this.#write(file, body);
    return true;
  }

  #write(file: string, body: string): void {
    const fresh = `${this.#directory}/new`;
    writeFileSync(fresh, withMarker(body, crypto.randomUUID().slice(0, 8)), { mode: 0o600 });
    renameSync(fresh, file);
  }

  #read(file: string): string {
    return readIfThere(`${this.#zones}/${file}`);
  }

  async #tell(): Promise<void> {
    if (!this.#daemon.reload()) await this.#daemon.start();
  }

  async #settle(probes: readonly Probe[]): Promise<void> {
    await this.#tell();
    const start = performance.now();
    let suspicious = SUSPICION;
    for (let wait = 2; ; wait = Math.min(wait * 2, LONGEST_WAIT)) {
      if (await answered(probes, wait)) return;
      const spent = performance.now() - start;
      if (spent > PATIENCE) throw silent(probes);
      if (spent > suspicious) {
        suspicious = spent + SUSPICION;
        await this.#daemon.endAll();
      }
      await sleep(1);
      // A signal that came before it was ready for one has ended it.
      if (this.#daemon.running() === undefined) await this.#daemon.start();
    }
  }
}

async function answered(probes: readonly Probe[], patience: number): Promise<boolean> {
  const answers = await Promise.all(probes.map(({ server, name }) => ask(server, name, patience)));
  return answers.every((answer) => answer === "found");
}

function silent(probes: readonly Probe[]): EngineError {
  const where = probes.map(({ server }) => `${server}:53`).join(", ");
  return new EngineError("NETWORK_SETUP_FAILED", `aardvark-dns does not answer on ${where}`, {
    hint: "see whether another name server on this host listens there",
  });
}

/** @throws HOST_PART_MISSING */
function findProgram(candidates: readonly string[]): string {
  const path = candidates.find((candidate) => existsSync(candidate));
  if (path !== undefined) return path;
  throw new EngineError("HOST_PART_MISSING", "aardvark-dns not found: it gives containers their names", {
    hint: "install aardvark-dns, or create the network with --disable-dns",
  });
}

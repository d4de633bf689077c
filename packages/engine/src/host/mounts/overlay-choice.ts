/**
 * Who mounts a store's overlays where it is not simply the kernel: a program that storage.conf names, or fuse-overlayfs for
 * an ordinary user whose kernel cannot. The kernel is asked once per store and kernel, and the answer kept in the store. A store
 * that has none is the kernel's.
 */
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { IdMappings } from "@podwright/spec/values/id-map";
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { namesIn } from "../../base/if-there.ts";
import { rootlessUser } from "../../base/rootless.ts";
import type { OverlayRequest } from "../../ports/mounts.ts";
import {
  type AskedOf,
  askedOf,
  isSameAsked,
  keepKernelAnswer,
  readKernelAnswer,
} from "../sys/kernel-answer.ts";
import { unmountAll } from "../sys/mount.ts";
import { fileMarksOf, mayHaveFileMarks } from "../sys/overlay-marks.ts";
import { toKernelMarks } from "./convert-marks.ts";
import { answerFile, type ByKernel, type OverlayStore } from "./overlay-store.ts";
import { findMountProgram, mountByProgram } from "./mount-program.ts";

/** "configured": by the program that storage.conf named; what the kernel can was not asked. */
type Way = "kernel" | "program" | "configured";

interface Answer extends AskedOf {
  readonly way: Way;
}

export interface Mounting {
  readonly request: OverlayRequest;
  readonly mappings?: IdMappings;
  /** Why the kernel has just refused it. */
  readonly refusal?: EngineError;
}

export class OverlayChoice {
  readonly #store: OverlayStore;
  readonly #byKernel: ByKernel;

  constructor(store: OverlayStore, byKernel: ByKernel) {
    this.#store = store;
    this.#byKernel = byKernel;
  }

  /** @throws HOST_CALL_FAILED, CONFIG_INVALID */
  async mount(mounting: Mounting): Promise<void> {
    const { request, mappings } = mounting;
    const program = await this.program(mounting);
    if (program !== "") return await mountByProgram(program, request, mappings);
    // Noted in the other way, before the kernel could; what is mounted of it now was unmounted since.
    const { lower, upper } = request;
    for (const directory of upper === undefined ? lower : [...lower, upper]) dropFileMarks(directory);
    await this.#byKernel(request, mappings);
  }

  /** Which one mounts; "" is the kernel. @throws HOST_CALL_FAILED where neither can, CONFIG_INVALID */
  async program(mounting?: Mounting): Promise<string> {
    const configured = await this.#store.mountProgram();
    const here = askedOf(this.#store.root);
    const kept = readAnswer(answerFile(this.#store.root));
    const known = isSameAsked(kept, here) ? kept?.way : undefined;
    if (configured !== "") {
      if (known !== "configured") this.#keep({ ...here, way: "configured" });
      return configured;
    }
    if (known === "program") return installed(mounting?.refusal, this.#store.root);
    if (known === "kernel" && mounting?.refusal === undefined) return "";
    if (kept === undefined && mounting?.refusal === undefined) return "";
    return await this.#choose({ here, kept, refusal: mounting?.refusal });
  }

  /** As `program`, of a store in which nothing may have been mounted yet. */
  async tried(): Promise<string> {
    const program = await this.program();
    if (program !== "" || existsSync(answerFile(this.#store.root))) return program;
    return await this.#choose({ here: askedOf(this.#store.root), kept: undefined, refusal: undefined });
  }

  async #choose({
    here,
    kept,
    refusal,
  }: {
    readonly here: AskedOf;
    readonly kept: Answer | undefined;
    readonly refusal: EngineError | undefined;
  }): Promise<string> {
    const failure = await this.#tryKernel();
    if (failure === undefined) {
      if (kept !== undefined) {
        for (const layer of namesIn(`${this.#store.root}/layers`))
          dropFileMarks(`${this.#store.root}/layers/${layer}/diff`);
        this.#keep({ ...here, way: "kernel" });
      }
      // It was this one alone that it would not mount.
      if (refusal !== undefined) throw refusal;
      return "";
    }
    if (rootlessUser(process.env) === undefined) throw refused(this.#store.root, failure, ROOTS_HINT);
    const program = installed(failure, this.#store.root);
    this.#keep({ ...here, way: "program" });
    return program;
  }

  /** Gives why it cannot. Deletions are what needs marks, and what some file systems cannot hold. */
  async #tryKernel(): Promise<EngineError | undefined> {
    const { root, runRoot } = this.#store;
    for (const name of namesIn(root))
      if (isKilledTry(name)) rmSync(`${root}/${name}`, { recursive: true, force: true });
    const area = `${root}/${TRY}${process.pid}`;
    // Not in the area: of a killed command it would be in the way of who tidies up there.
    const target = `${runRoot}/${TRY}${process.pid}`;
    const at = (name: string): string => `${area}/${name}`;
    try {
      for (const path of [at("lower/gone"), at("upper"), at("work"), target]) {
        mkdirSync(path, { recursive: true, mode: 0o700 });
      }
      for (const name of ["lower/file", "lower/gone/file"]) writeFileSync(at(name), "");
      const request = { target, lower: [at("lower")], upper: at("upper"), work: at("work"), volatile: false };
      await this.#byKernel(request);
      rmSync(`${target}/file`);
      rmSync(`${target}/gone`, { recursive: true });
      mkdirSync(`${target}/gone`);
      if (readdirSync(`${target}/gone`).length === 0) return undefined;
      return new EngineError("HOST_CALL_FAILED", "deletions in an overlay do not last");
    } catch (error) {
      if (error instanceof EngineError) return error;
      const reason = error instanceof Error ? error.message : String(error);
      return new EngineError("HOST_CALL_FAILED", reason, { cause: error });
    } finally {
      unmountAll(target);
      for (const path of [target, area]) rmSync(path, { recursive: true, force: true });
    }
  }

  #keep(answer: Answer): void {
    const path = answerFile(this.#store.root);
    keepKernelAnswer(path, answer, `${path}.${process.pid}`);
  }
}

const TRY = "overlay-try.";

function isKilledTry(name: string): boolean {
  return name.startsWith(TRY) && !existsSync(`/proc/${name.slice(TRY.length)}`);
}

const ROOTS_HINT =
  'root\'s overlays are mounted by a program where storage.conf says so: mount_program = "/usr/bin/fuse-overlayfs" in [storage.options.overlay]';

/** @throws HOST_CALL_FAILED */
function installed(failure: EngineError | undefined, root: string): string {
  const program = findMountProgram();
  if (program !== undefined) return program;
  throw refused(root, failure, "install fuse-overlayfs, which mounts them without the kernel's overlay");
}

function refused(root: string, failure: EngineError | undefined, hint: string): EngineError {
  const reason = failure === undefined ? "the kernel cannot" : failure.message;
  return new EngineError("HOST_CALL_FAILED", `cannot mount overlays of ${root}: ${reason}`, {
    ...(failure === undefined ? {} : { cause: failure, details: failure.details }),
    hint,
  });
}

/** Of a directory that nothing is mounted of, or that nobody writes to. */
function dropFileMarks(directory: string): void {
  // Layers that are looked at by descriptors had theirs turned when the kernel was chosen.
  if (directory.startsWith("/proc/") || !mayHaveFileMarks(directory)) return;
  toKernelMarks(directory);
  rmSync(fileMarksOf(directory), { recursive: true, force: true });
}

function readAnswer(path: string): Answer | undefined {
  const kept = readKernelAnswer(path);
  // Half a file is as good as one of another kernel.
  return kept === "torn" ? { way: "configured", kernel: "", device: 0 } : (kept as Answer | undefined);
}

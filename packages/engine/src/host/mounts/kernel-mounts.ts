/** The Mounts port: overlay, tmpfs and bind mounts by system calls, no program spawned. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { IdMappings } from "@podwright/spec/values/id-map";
import { existsSync, readFileSync } from "node:fs";
import type { Mounts, OverlayRequest, TmpfsOptions } from "../../ports/mounts.ts";
import { FileSystemContext, isMountRoot, PROCESS_GONE } from "../sys/file-system.ts";
import { isErrno } from "../sys/libc.ts";
import { MS, mount, unmountAll } from "../sys/mount.ts";
import { mayHaveFileMarks, overlayMarks } from "../sys/overlay-marks.ts";
import { mountFlagsOf } from "../sys/statfs.ts";
import { answerFile, type OverlayStore } from "./overlay-store.ts";

/** The kernel's own limit, OVL_MAX_STACK. */
const MAX_LOWER = 500;

/** For those who may not mount with other owners: directories that have them already. */
export type MappedLayers = (
  lower: readonly string[],
  mappings: IdMappings,
  /** References from file to file are followed by the kernel alone. */
  mountedBy: "kernel" | "program",
) => Promise<Pick<OverlayRequest, "lower" | "data">>;

export class KernelMounts implements Mounts {
  readonly #store: OverlayStore | undefined;
  readonly #mapped: MappedLayers | undefined;

  /** Without a store all overlays are the kernel's. */
  constructor(store?: OverlayStore, mapped?: MappedLayers) {
    this.#store = store;
    this.#mapped = mapped;
  }

  async overlay(request: OverlayRequest): Promise<void> {
    await this.#mount(request);
  }

  async mappedOverlay(request: OverlayRequest, mappings: IdMappings): Promise<void> {
    if (this.#mapped === undefined) return await this.#mount(request, mappings);
    if (request.lower.some(mayHaveFileMarks)) {
      throw new EngineError(
        "NOT_IMPLEMENTED",
        "other owners are not implemented on a file system that cannot hold the kernel's marks of deletions",
        { hint: "containers without --userns and maps of ids work" },
      );
    }
    const mountedBy = await this.#mounter();
    await this.#mount({ ...request, ...(await this.#mapped(request.lower, mappings, mountedBy)) });
  }

  /** As far as is known: a store that the kernel has not been asked about is the kernel's. */
  async #mounter(): Promise<"kernel" | "program"> {
    const store = this.#store;
    if (store === undefined || !this.#isByProgram()) return "kernel";
    const { OverlayChoice } = await import("./overlay-choice.ts");
    return (await new OverlayChoice(store, byKernel).program()) === "" ? "kernel" : "program";
  }

  #isByProgram(): boolean {
    const store = this.#store;
    return store !== undefined && (store.isConfigured() || existsSync(answerFile(store.root)));
  }

  /** Nearly always the kernel: then all that is asked is whether the store has an answer of its own. */
  async #mount(request: OverlayRequest, mappings?: IdMappings): Promise<void> {
    const store = this.#store;
    let refusal: EngineError | undefined;
    if (store === undefined) return await byKernel(request, mappings);
    if (!this.#isByProgram()) {
      try {
        return await byKernel(request, mappings);
      } catch (error) {
        // Files that refer to others for their data are what the kernel alone understands.
        const isKernels = request.data !== undefined;
        if (isKernels || !isErrno(error, ...REFUSALS) || !(error instanceof EngineError)) throw error;
        refusal = error;
      }
    }
    const { OverlayChoice } = await import("./overlay-choice.ts");
    const mounting = {
      request,
      ...(mappings === undefined ? {} : { mappings }),
      ...(refusal === undefined ? {} : { refusal }),
    };
    await new OverlayChoice(store, byKernel).mount(mounting);
  }

  tmpfs(target: string, { size, mode, exec, owner }: TmpfsOptions): void {
    const belongs = owner === undefined ? "" : `,uid=${owner.uid},gid=${owner.gid}`;
    mount({
      source: "tmpfs",
      target,
      type: "tmpfs",
      flags: MS.NOSUID | MS.NODEV | (exec === true ? 0 : MS.NOEXEC),
      data: `${size === undefined ? "" : `size=${size},`}mode=${mode}${belongs}`,
    });
  }

  remountReadOnly(target: string): void {
    mount({ source: "none", target, flags: MS.REMOUNT | MS.RDONLY | MS.NOSUID | MS.NODEV });
  }

  bind(source: string, target: string): void {
    mount({ source, target, flags: MS.BIND | MS.REC });
  }

  async idmapped(source: string, target: string, mappings: IdMappings): Promise<void> {
    const { mountIdmapped } = await import("./idmapped-bind.ts");
    mountIdmapped(source, target, mappings);
  }

  async show(source: string, owner: string): Promise<string> {
    const { showReachable } = await import("../sys/reachable-place.ts");
    return showReachable(source, owner);
  }

  async hide(owner: string): Promise<void> {
    const { hideReachable } = await import("../sys/reachable-place.ts");
    hideReachable(owner);
  }

  unmount(target: string): void {
    unmountAll(target);
  }

  isMounted(target: string): boolean {
    const mounted = isMountRoot(target) ?? isInMountInfo(target);
    if (!mounted || answers(target)) return mounted;
    // Its process was killed: nothing can be had of it, and nothing put in its place.
    unmountAll(target);
    return false;
  }
}

/** What the kernel says where it, this file system or this user namespace has no overlays. */
const REFUSALS = ["EINVAL", "ENODEV", "EPERM", "EACCES", "ENOSYS", "EOPNOTSUPP"];

export async function byKernel(request: OverlayRequest, mappings?: IdMappings): Promise<void> {
  if (mappings !== undefined) {
    const { mountMappedOverlay } = await import("./mapped-overlay.ts");
    return mountMappedOverlay(request, mappings);
  }
  if (request.lower.length > MAX_LOWER) {
    throw new EngineError(
      "HOST_CALL_FAILED",
      `cannot mount an overlay of ${request.lower.length} layers on ${request.target}: the kernel's limit is ${MAX_LOWER}`,
    );
  }
  const topFirst = request.lower.toReversed();
  if (!overlayByDescriptor(request, topFirst)) overlayByOptions(request, topFirst);
}

/** A file system whose process is gone keeps what it knew of its directories, but statfs(2) asks it. */
function answers(target: string): boolean {
  try {
    mountFlagsOf(target);
    return true;
  } catch (error) {
    if (isErrno(error, ...PROCESS_GONE)) return false;
    throw error;
  }
}

/**
 * `lowerdir+` (Linux 6.7) takes one layer a call, so that neither a page of options nor a colon in a name is a
 * limit. Gives false where the kernel or a path longer than 255 bytes asks for the classic call.
 */
function overlayByDescriptor(request: OverlayRequest, topFirst: readonly string[]): boolean {
  const values = [...topFirst, request.data ?? "", request.upper ?? "", request.work ?? ""];
  if (values.some((value) => Buffer.byteLength(value) > 255)) return false;
  try {
    using context = new FileSystemContext("overlay");
    context.setString("source", "overlay");
    for (const layer of topFirst) {
      try {
        context.setString("lowerdir+", layer);
      } catch (error) {
        // An old overlay says EINVAL at the first layer; a layer that is missing says ENOENT.
        if (layer === topFirst[0] && isErrno(error, "EINVAL")) return false;
        throw error;
      }
    }
    if (request.data !== undefined) context.setString("datadir+", request.data);
    if (request.upper !== undefined) context.setString("upperdir", request.upper);
    if (request.work !== undefined) context.setString("workdir", request.work);
    if (request.volatile) context.setFlag("volatile");
    const { option } = overlayMarks();
    if (option !== undefined) context.setFlag(option);
    context.mountAt(request.target);
    return true;
  } catch (error) {
    if (isErrno(error, "ENOSYS")) return false;
    throw error;
  }
}

/** mount(2): one page for all options, and `:` in a path must be escaped. */
function overlayByOptions(request: OverlayRequest, topFirst: readonly string[]): void {
  const { option } = overlayMarks();
  const escape = (path: string): string => path.replace(/[\\:,]/g, "\\$&");
  const data = [
    `lowerdir=${topFirst.map(escape).join(":")}${request.data === undefined ? "" : `::${escape(request.data)}`}`,
    ...(request.upper === undefined ? [] : [`upperdir=${escape(request.upper)}`]),
    ...(request.work === undefined ? [] : [`workdir=${escape(request.work)}`]),
    ...(request.volatile ? ["volatile"] : []),
    ...(option === undefined ? [] : [option]),
  ].join(",");
  if (Buffer.byteLength(data) > 4095) {
    throw new EngineError(
      "HOST_CALL_FAILED",
      `cannot mount an overlay of ${topFirst.length} layers on ${request.target}: the options exceed one page`,
      { hint: "use a shorter --root, or Linux 6.7 or later" },
    );
  }
  mount({ source: "overlay", target: request.target, type: "overlay", data });
}

/** proc(5), /proc/PID/mountinfo: the fifth field is the mount point, with octal escapes. */
function isInMountInfo(target: string): boolean {
  const escaped = target.replace(/[ \t\n\\]/g, (c) => `\\${c.charCodeAt(0).toString(8).padStart(3, "0")}`);
  const lines = readFileSync("/proc/thread-self/mountinfo", "utf8").split("\n");
  return lines.some((line) => line.split(" ")[4] === escaped);
}

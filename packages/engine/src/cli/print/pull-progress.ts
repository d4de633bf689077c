/** Shows a pull on standard error: bars that are redrawn on a terminal, Podman's plain lines elsewhere. */
import type { PullProgress } from "@podwright/spec/engine-api/images";
import type { Io } from "../frame/command.ts";

type BlobEvent = Extract<PullProgress, { kind: "blob" }>;

/** Milliseconds between two drawings of the same bars. */
const REDRAW_MS = 100;
/** "Copying blob " and twelve digits: prefixes end in one column. */
const PREFIX_WIDTH = 25;

/** Takes the events of any number of pulls, one after another; says nothing when quiet. */
export function pullReporter(io: Io, quiet: boolean): (event: PullProgress) => void {
  if (quiet) return () => {};
  const blobs = io.stderrIsTty ? new Bars(io) : new PlainLines(io);
  return (event) => {
    switch (event.kind) {
      case "trying":
        blobs.begin();
        io.err(`Trying to pull ${event.reference}...\n`);
        return;
      case "source":
        blobs.begin();
        io.err(`${event.text}\n`);
        return;
      case "retry":
        blobs.interrupt();
        io.err(`Failed, retrying in ${event.delayMs / 1000}s ... (${event.reason})\n`);
        return;
      case "blob":
        blobs.show(event);
        return;
    }
  };
}

interface BlobDisplay {
  /** Other lines follow: what was drawn so far stays as it is. */
  begin(): void;
  /** A line comes in between; the same blobs go on. */
  interrupt(): void;
  show(event: BlobEvent): void;
}

const kindOf = ({ what }: BlobEvent): string => (what === "layer" ? "blob" : what);

class PlainLines implements BlobDisplay {
  readonly #io: Io;
  #seen = new Set<string>();

  constructor(io: Io) {
    this.#io = io;
  }

  begin(): void {
    this.#seen = new Set();
  }

  interrupt(): void {}

  show(event: BlobEvent): void {
    if (this.#seen.has(event.digest)) return;
    this.#seen.add(event.digest);
    this.#io.err(`Copying ${kindOf(event)} ${event.digest}\n`);
  }
}

interface Bar {
  event: BlobEvent;
  readonly since: number;
  /** Bytes that were there when it was first shown. */
  readonly from: number;
}

class Bars implements BlobDisplay {
  readonly #io: Io;
  #bars = new Map<string, Bar>();
  #drawn = 0;
  #drawnAt = 0;

  constructor(io: Io) {
    this.#io = io;
  }

  begin(): void {
    this.interrupt();
    this.#bars = new Map();
  }

  interrupt(): void {
    if (this.#bars.size > 0) this.#draw();
    this.#drawn = 0;
    this.#drawnAt = 0;
  }

  show(event: BlobEvent): void {
    const bar = this.#bars.get(event.digest);
    const changed = bar?.event.state !== event.state;
    if (bar === undefined) this.#bars.set(event.digest, { event, since: Date.now(), from: event.done });
    else bar.event = event;
    if (changed || Date.now() - this.#drawnAt >= REDRAW_MS) this.#draw();
  }

  /** Finished bars at the top are drawn a last time, so that long lists scroll away rather than flicker. */
  #draw(): void {
    const lines = [...this.#bars.values()].map((bar) => `\u001b[2K${this.#line(bar)}\n`);
    const up = this.#drawn === 0 ? "" : `\u001b[${this.#drawn}A`;
    this.#io.err(up + lines.join(""));
    for (const [digest, { event }] of this.#bars) {
      if (event.state !== "done" && event.state !== "present") break;
      this.#bars.delete(digest);
    }
    this.#drawn = this.#bars.size;
    this.#drawnAt = Date.now();
  }

  #line({ event, since, from }: Bar): string {
    const { digest, state, done, total } = event;
    const prefix = `Copying ${kindOf(event)} ${digest.slice(digest.indexOf(":") + 1)}`.slice(0, PREFIX_WIDTH);
    if (state === "done") return `${prefix} done   | `;
    if (state === "present") return `${prefix} skipped: already exists  `;
    const speed = ((done - from) * 1000) / Math.max(1, Date.now() - since);
    const counters = ` ${kibi(done)} / ${kibi(total)} | ${kibi(speed)}/s`;
    const width = this.#io.columns - 1 - prefix.length - counters.length - 3;
    return `${prefix}${width < 5 ? "" : ` ${barOf(total === 0 ? 0 : done / total, width)}`}${counters}`;
  }
}

function barOf(share: number, width: number): string {
  const filled = Math.min(width, Math.round(share * width));
  const head = filled > 0 && filled < width ? ">" : "";
  return `[${"=".repeat(filled - head.length)}${head}${"-".repeat(width - filled)}]`;
}

/** "10.2MiB" */
function kibi(bytes: number): string {
  const units = ["b", "KiB", "MiB", "GiB", "TiB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${value.toFixed(1)}${units[unit] ?? ""}`;
}

import { expect, test } from "bun:test";
import type { PullProgress } from "@podwright/spec/engine-api/images";
import { recordingIo } from "../../../testing/recording-io.ts";
import { pullReporter } from "./pull-progress.ts";

const DIGEST = `sha256:${"ab".repeat(32)}`;

const blob = (state: Extract<PullProgress, { kind: "blob" }>["state"], done = 0): PullProgress => ({
  kind: "blob",
  digest: DIGEST,
  what: "layer",
  done,
  total: 4 << 20,
  state,
});

const EVENTS: readonly PullProgress[] = [
  { kind: "trying", reference: "docker.io/library/nginx:latest" },
  { kind: "source", text: "Getting image source signatures" },
  blob("waiting"),
  blob("downloading", 1 << 20),
  { kind: "retry", reason: "503", delayMs: 1000 },
  blob("downloading", 2 << 20),
  blob("done", 4 << 20),
];

function shown(stderrIsTty: boolean, quiet = false): string {
  const io = recordingIo();
  const report = pullReporter(Object.defineProperty(io, "stderrIsTty", { value: stderrIsTty }), quiet);
  for (const event of EVENTS) report(event);
  return io.stderr;
}

test("pullReporter() prints a line for each blob where nobody watches", () => {
  expect(shown(false)).toBe(
    `Trying to pull docker.io/library/nginx:latest...\nGetting image source signatures\nCopying blob ${DIGEST}\nFailed, retrying in 1s ... (503)\n`,
  );
});

test("pullReporter() draws bars on a terminal that end as Podman's", () => {
  const text = shown(true);
  expect(text).toContain("Copying blob abababababab [=====");
  expect(text).toContain("2.0MiB / 4.0MiB | ");
  expect(text).toEndWith("\u001b[1A\u001b[2KCopying blob abababababab done   | \n");
  for (const line of text.split("\n")) expect(Bun.stringWidth(line)).toBeLessThan(80);
});

test("pullReporter() says nothing when quiet", () => {
  expect(shown(true, true)).toBe("");
});

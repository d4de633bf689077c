import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { LayerBench } from "../../../testing/layer-sinks.ts";
import { buildTar, file } from "../../../testing/tar-builder.ts";
import { LockedStaging } from "./staging.ts";
import { waitFor } from "../../../testing/waiting.ts";

let bench: LayerBench;
beforeEach(() => {
  bench = new LayerBench();
});
afterEach(() => bench[Symbol.dispose]());

test("the confined process does not run with the capability to leave its directory", async () => {
  // The process is asked by way of a fifo that holds it: it must read to the end of the stream.
  let caps = "";
  async function* watched(): AsyncGenerator<Uint8Array> {
    yield buildTar([file("a", "1")], false);
    await waitFor("its confinement", () => {
      const children = readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").trim().split(" ");
      caps = children.map((pid) => readFileSync(`/proc/${pid}/status`, "utf8")).join("");
      return caps.includes("NoNewPrivs:\t1") && caps.includes("CapEff:\t000000008800001b");
    });
    yield Buffer.alloc(1024);
  }
  await using _ = await bench.store("dir").stage({ name: "sha256:test", chunks: watched() });
  // CHOWN, DAC_OVERRIDE, FOWNER, FSETID, MKNOD, SETFCAP
  expect(caps).toContain("CapEff:\t000000008800001b");
  expect(caps).toContain("CapPrm:\t000000008800001b");
  expect(caps).toContain("NoNewPrivs:\t1");
});

test("sweep() removes the stage of a dead process and leaves that of a live one", async () => {
  const { root } = bench;
  const staging = new LockedStaging(root);
  await using mine = await staging.open();
  mkdirSync(`${root}/staging/99999-dead/layer/diff`, { recursive: true });
  await staging.sweep();
  expect(readdirSync(`${root}/staging`)).toEqual([mine.path.slice(mine.path.lastIndexOf("/") + 1)]);
});

import type { ImageHistoryLayer, ImagesApi } from "@podwright/spec/engine-api/images";
import { expect, test } from "bun:test";
import { runCli } from "../../../testing/cli.ts";
import { command } from "./history.ts";

const ID = "c".repeat(64);
const step: ImageHistoryLayer = {
  id: ID,
  created: Date.parse("2026-01-02T03:04:05.678Z"),
  createdBy: "USER x",
  comment: "",
  size: 0,
  tags: ["localhost/c:latest"],
};
const made = {
  ...step,
  id: "<missing>",
  createdBy: `RUN ${"make ".repeat(10)}`,
  size: 101,
  comment: "top",
  tags: [],
};

test("history: table, quiet, template, JSON", async () => {
  const api: Partial<ImagesApi> = { history: async () => [step, made] };
  const engine = { images: () => Promise.resolve(api as ImagesApi) };
  const run = async (flags: { human?: boolean; quiet?: boolean; "no-trunc"?: boolean; format?: string }) =>
    (await runCli(command, { args: ["c"], engine, flags })).out;
  expect(await run({ human: false })).toBe(
    [
      "ID            CREATED               CREATED BY                                     SIZE        COMMENT",
      "cccccccccccc  2026-01-02T03:04:05Z  USER x                                         0 B         ",
      "<missing>     2026-01-02T03:04:05Z  RUN make make make make make make make mak...  101 B       top",
      "",
    ].join("\n"),
  );
  expect(await run({ quiet: true, "no-trunc": true })).toBe(`${ID}\n<missing>\n`);
  expect(await run({ format: "{{.Tags}} {{.CreatedSince}}" })).toMatch(/^\[localhost\/c:latest\] .* ago\n/);
  expect(JSON.parse(await run({ format: "json" }))).toEqual([
    {
      id: ID,
      created: "2026-01-02T03:04:05.678Z",
      CreatedBy: "USER x",
      tags: ["localhost/c:latest"],
      size: 0,
      Created: "2026-01-02T03:04:05Z",
    },
    {
      id: "<missing>",
      created: "2026-01-02T03:04:05.678Z",
      CreatedBy: made.createdBy,
      size: 101,
      comment: "top",
      Created: "2026-01-02T03:04:05Z",
    },
  ]);
});

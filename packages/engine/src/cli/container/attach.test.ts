import { expect, test } from "bun:test";
import { runCli } from "../../../testing/cli.ts";
import { command } from "./attach.ts";

test.each<[string[], boolean, string]>([
  [[], false, '"podwright attach" requires a name, id, or the "--latest" flag'],
  [["a", "b"], false, "`podwright attach` accepts at most one argument"],
  [["a"], true, "--latest and containers cannot be used together"],
])("attach %j, --latest=%p is refused", async (args, latest, message) => {
  const { err, status } = await runCli(command, { args, flags: { latest }, engine: {} });
  expect(err).toBe(`Error: ${message}\nSee 'podwright attach --help'\n`);
  expect(status).toBe(125);
});

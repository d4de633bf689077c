import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { EngineError } from "../errors/engine-error.ts";
import { parseRestartPolicy } from "./restart-policy.ts";

describe("parseRestartPolicy()", () => {
  test.each([
    ["", "no", 0],
    ["no", "no", 0],
    ["never", "no", 0],
    ["always", "always", 0],
    ["unless-stopped", "unless-stopped", 0],
    ["on-failure", "on-failure", 0],
    ["on-failure:42", "on-failure", 42],
  ] as const)("%j", (text, name, maximumRetries) => {
    expect(parseRestartPolicy(text)).toEqual({ name, maximumRetries });
  });

  test.each([
    ["sometimes", '"sometimes" is not a valid restart policy: invalid argument'],
    ["always:3", "restart policy retries can only be specified with on-failure restart policy"],
    ["on-failure:1:2", "invalid restart policy: may specify retries at most once"],
    ["on-failure:-1", "must specify restart policy retry count as a number greater than 0"],
    ["on-failure:x", 'parsing restart policy retry count: "x" is not a number'],
    ["constructor", '"constructor" is not a valid restart policy: invalid argument'],
  ])("%j is refused: %s", (text, message) => {
    expect(() => parseRestartPolicy(text)).toThrow(message);
  });

  test("any text is a policy or an EngineError", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((s) => `on-failure:${s}`),
        ),
        (text) => {
          try {
            expect(parseRestartPolicy(text).maximumRetries).toBeGreaterThanOrEqual(0);
          } catch (error) {
            expect(error).toBeInstanceOf(EngineError);
          }
        },
      ),
    );
  });
});

import { expect, test } from "bun:test";
import { parseAccount } from "./account.ts";

test("an account by its number", () => {
  const text = "root:x:0:0:root:/root:/bin/bash\nalice:x:1000:1000:A, B:/home/alice:/bin/sh\n\n:x:7::::\n";
  expect(parseAccount(text, 1000)).toEqual({ name: "alice", home: "/home/alice" });
  expect(parseAccount(text, 100)).toBeUndefined();
  expect(parseAccount(text, 7)).toBeUndefined();
});

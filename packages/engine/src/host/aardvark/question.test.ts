import { expect, test } from "bun:test";
import { question, readAnswer } from "./question.ts";

test("question() is one query with recursion desired (RFC 1035 §4.1)", () => {
  expect(question(0x1234, "db.example", 1).toString("hex")).toBe(
    "12340100000100000000000002646207" + Buffer.from("example").toString("hex") + "0000010001",
  );
});

test("readAnswer() tells an answer from none, and from somebody else's", () => {
  const reply = (flags: number, answers: number): Buffer => {
    const bytes = Buffer.alloc(12);
    bytes.writeUInt16BE(7, 0);
    bytes.writeUInt16BE(flags, 2);
    bytes.writeUInt16BE(answers, 6);
    return bytes;
  };
  expect(readAnswer(reply(0x8180, 1), 7)).toBe("found");
  expect(readAnswer(reply(0x8183, 0), 7)).toBe("not found");
  expect(readAnswer(reply(0x8182, 0), 7)).toBeUndefined();
  expect(readAnswer(reply(0x8180, 0), 7)).toBeUndefined();
  expect(readAnswer(reply(0x8180, 1), 8)).toBeUndefined();
  expect(readAnswer(Buffer.from("short"), 7)).toBeUndefined();
});

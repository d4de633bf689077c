import { expect, test } from "bun:test";
import { checkTag, fillTag } from "./tag.ts";

const DATA = { Id: "abc", Name: "web", State: { Pid: 7 } };
const fill = (tag: string): Promise<string> => fillTag(tag, () => Promise.resolve(DATA));

test("fillTag() puts in fields, whatever their case", async () => {
  expect(await fill("{{.ID}}/{{ .Name }},{{.State.Pid}}")).toBe("abc/web,7");
  expect(await fillTag("plain", () => Promise.reject(new Error("not asked for")))).toBe("plain");
});

test("a field that is not there, and what is no field, are refused", () => {
  expect(fill("{{.Colour}}")).rejects.toThrow("log tag {{.Colour}}: a container has no field .Colour");
  expect(() => checkTag('{{index .Labels "x"}}')).toThrow("template parsing error");
  checkTag("{{.Name}}");
});

import { describe as suite, expect, test } from "bun:test";
import type { Diagnostic } from "@podwright/spec/engine-api/kube";
import { describe } from "./print-diagnostics.ts";

const MISTYPED: Diagnostic = {
  severity: "error",
  source: "blog.yaml",
  line: 7,
  column: 5,
  path: "Pod/web: spec.containers[0]",
  message: 'unknown field "imagee"',
  excerpt: "  - imagee: nginx",
  hint: 'did you mean "image"?',
};

suite("describe()", () => {
  test("shows the place, the line with a caret below it, and the hint", () => {
    expect(describe(MISTYPED, false)).toBe(
      [
        'blog.yaml:7:5: error: unknown field "imagee" in Pod/web: spec.containers[0]',
        "    7 |   - imagee: nginx",
        "      |     ^",
        '  hint: did you mean "image"?',
        "",
      ].join("\n"),
    );
  });

  test("what is not known is left out; a caret stands below a tab as the text does", () => {
    const { hint: _hint, ...bare } = MISTYPED;
    expect(describe({ ...bare, path: "", excerpt: "", severity: "warning" }, false)).toBe(
      'blog.yaml:7:5: warning: unknown field "imagee"\n',
    );
    expect(describe({ ...bare, column: 2, excerpt: "\tx" }, false)).toEndWith("    7 | \tx\n      | \t^\n");
  });

  test("of a long line what is around the place is shown", () => {
    const text = `${"a".repeat(500)}b${"c".repeat(500)}`;
    const [, shown = "", caret = ""] = describe({ ...MISTYPED, column: 501, excerpt: text }, false).split(
      "\n",
    );
    expect(shown.length).toBeLessThan(140);
    expect(shown[caret.indexOf("^")]).toBe("b");
  });

  test("is coloured where that is wanted", () => {
    expect(describe(MISTYPED, true)).toStartWith(
      "\u001b[1mblog.yaml:7:5:\u001b[0m \u001b[31merror:\u001b[0m unknown",
    );
  });
});

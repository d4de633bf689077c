/** What commands print with: lists, inspections, outcomes, JSON. */
import { describe, expect, test } from "bun:test";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { recordingIo } from "../../../testing/recording-io.ts";
import { exitCodeOf } from "./failures.ts";
import { printInspect } from "./inspect.ts";
import { toGoJson } from "./json.ts";
import { reportOutcomes } from "./outcomes.ts";
import { printRows, type RowSpec, type RowsOptions } from "./rows.ts";

interface Pod {
  readonly id: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

const PODS: readonly Pod[] = [
  { id: "0123456789abcdef", name: "web", labels: { b: "2", a: "1" } },
  { id: "fedcba9876543210", name: "a-longer-name", labels: {} },
];

const SPEC: RowSpec<Pod> = {
  fields: {
    ID: (pod) => pod.id.slice(0, 12),
    Name: (pod) => pod.name,
    Labels: (pod) => pod.labels,
    Label: (pod) => (key: unknown) => pod.labels[String(key)] ?? "",
    NumberOfContainers: () => 1,
    RunningFor: () => "now",
  },
  headers: { ID: "pod id", NumberOfContainers: "# OF CONTAINERS" },
  json: (pod) => ({ Id: pod.id, Labels: pod.labels }),
  jsonIndent: 2,
};

function rows(options: Partial<RowsOptions>, pods = PODS): string {
  const io = recordingIo();
  printRows(io, SPEC, pods, {
    defaultFormat: "table {{.ID}}\t{{.Name}}\t{{.NumberOfContainers}}",
    ...options,
  });
  return io.stdout;
}

describe("printRows()", () => {
  test("the default table", () => {
    expect(rows({})).toBe(
      "POD ID        NAME           # OF CONTAINERS\n" +
        "0123456789ab  web            1\n" +
        "fedcba987654  a-longer-name  1\n",
    );
    expect(rows({}, [])).toBe("POD ID      NAME        # OF CONTAINERS\n");
    expect(rows({ noHeading: true }, PODS.slice(0, 1))).toBe("0123456789ab  web         1\n");
  });

  test("a table of the user's: blanks separate columns, headers come from the fields", () => {
    expect(rows({ format: 'table {{.Name}} {{.RunningFor}}\\t{{.Label "a"}}' })).toBe(
      "NAME           RUNNING FOR  A\nweb            now          1\na-longer-name  now          \n",
    );
  });

  test("a template of the user's has no header and one line for each row", () => {
    expect(rows({ format: "{{.ID}} {{.Labels}}" })).toBe("0123456789ab map[a:1 b:2]\nfedcba987654 map[]\n");
    expect(rows({ format: "{{range .}}{{.Name}};{{end}}" })).toBe("web;a-longer-name;\n");
    expect(rows({ format: '{{printf "%s\\n" .Name}}' })).toBe("web\na-longer-name\n");
    expect(rows({ format: "{{.Name}}" }, [])).toBe("");
  });

  test("JSON", () => {
    expect(rows({ format: "json" })).toBe(
      '[\n  {\n    "Id": "0123456789abcdef",\n    "Labels": {\n      "a": "1",\n      "b": "2"\n    }\n  },\n' +
        '  {\n    "Id": "fedcba9876543210",\n    "Labels": {}\n  }\n]\n',
    );
    expect(rows({ format: "json" }, [])).toBe("[]\n");
    expect(rows({ format: "{{json .}}" }, [])).toBe("");
    expect(rows({ format: "{{json .}}" })).toBe(
      '{"Id":"0123456789abcdef","Labels":{"a":"1","b":"2"}}\n{"Id":"fedcba9876543210","Labels":{}}\n',
    );
    expect(rows({ format: "{{json .}} x" }, PODS.slice(1))).toBe('{"Id":"fedcba9876543210","Labels":{}} x\n');
  });

  test("an unknown field is an error, with and without rows in a table", () => {
    expect(() => rows({ format: "{{.Nope}}" })).toThrow("can't evaluate field Nope in type row");
    expect(() => rows({ format: "table {{.Nope}}" }, [])).toThrow("can't evaluate field Nope");
  });
});

describe("printInspect()", () => {
  const OBJECT = { Id: "x", Labels: { z: "<&>", a: "1" }, Health: undefined, Mounts: [] };
  const inspect = (format?: string): string => {
    const io = recordingIo();
    printInspect(io, [OBJECT], format);
    return io.stdout;
  };

  test("JSON with five spaces, maps sorted, HTML as it is, undefined left out", () => {
    expect(inspect()).toBe(
      '[\n     {\n          "Id": "x",\n          "Labels": {\n               "a": "1",\n               "z": "<&>"\n' +
        '          },\n          "Mounts": []\n     }\n]\n',
    );
    expect(inspect("json")).toBe(inspect());
  });

  test("a template for each object; an undefined member is empty, an unknown one an error", () => {
    expect(inspect("{{.ID}}|{{.Health}}|{{.Mounts}}")).toBe("x||[]\n");
    expect(() => inspect("{{.Nope}}")).toThrow("can't evaluate field Nope");
  });

  test("nothing found is an empty array", () => {
    const io = recordingIo();
    printInspect(io, []);
    expect(io.stdout).toBe("[]\n");
  });
});

test("toGoJson() writes dates, big integers and line separators as Go does", () => {
  expect(toGoJson({ n: 18446744073709551615n, s: "a\u2028b" })).toBe(
    '{"n":18446744073709551615,"s":"a\\u2028b"}',
  );
  expect(
    toGoJson([
      undefined,
      null,
      new Map([
        ["b", 1],
        ["a", 2],
      ]),
    ]),
  ).toBe('[null,null,{"a":2,"b":1}]');
});

describe("reportOutcomes()", () => {
  test("successes on stdout, each failure on stderr, the last failure's status", () => {
    const io = recordingIo();
    const status = reportOutcomes(
      io,
      [
        { input: "a", error: new EngineError("OBJECT_NOT_FOUND", "no a", { exit: 1 }) },
        { input: "b", id: "bbb" },
        { input: "c", error: new EngineError("STATE_BUSY", "c is busy", { hint: "Wait" }) },
      ],
      (o) => o.id ?? o.input,
    );
    expect(io.stdout).toBe("bbb\n");
    expect(io.stderr).toBe("Error: no a\nError: c is busy\nWait\n");
    expect(status).toBe(125);
  });

  test("0 without failures", () => {
    expect(reportOutcomes(recordingIo(), [{ input: "x" }], (o) => o.input)).toBe(0);
  });
});

test("exitCodeOf() several failures is the first's, the cause of the others", () => {
  const cause = new EngineError("CANCELED", "stopped");
  expect(exitCodeOf(new AggregateError([cause, new Error("clean-up")]))).toBe(130);
  expect(exitCodeOf(new Error("bug"))).toBe(125);
});

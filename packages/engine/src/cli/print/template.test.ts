import { describe, expect, test } from "bun:test";
import { EngineError } from "@podwright/spec/errors/engine-error";
import * as fc from "fast-check";
import { asksForJson, compileExactly, compileTemplate, implyRange } from "./template.ts";

const DATA = {
  Id: "0123456789ab",
  Name: "web",
  Count: 3,
  Ratio: 1.5,
  Running: true,
  Nothing: null,
  Names: ["a", "b"],
  Empty: [],
  Labels: { tier: "front", app: "shop" },
  ExposedPorts: { "80/tcp": {} },
  State: { Status: "running", Pid: 42 },
  Created: "2026-11-22T14:15:09.120000000+02:00",
  NetworkSettings: { Ports: { "80/tcp": [{ HostIp: "", HostPort: "8080" }], "53/udp": null } },
  Mounts: [{ Source: "/a", Destination: "/b" }],
  network_interface: "pw0",
  Greet: (who: unknown) => `hello ${String(who)}`,
};

const render = (text: string, data: unknown = DATA): string => compileExactly(text, "t")(data);

function failure(text: string): string {
  try {
    render(text);
  } catch (error) {
    if (error instanceof EngineError) return error.message;
    throw error;
  }
  return "no failure";
}

describe("a Go template", () => {
  test.each<[string, string]>([
    ["plain", "plain"],
    ["{{.Name}}", "web"],
    ["{{ .State.Pid }}", "42"],
    ["{{.ID}} {{.id}} {{.NetworkInterface}}", "0123456789ab 0123456789ab pw0"],
    ["{{(index .Mounts 0).Src}}:{{(index .Mounts 0).Dst}}", "/a:/b"],
    ["{{.Nothing}}", "<nil>"],
    ["{{.Names}} {{.Empty}}", "[a b] []"],
    ["{{.Labels}}", "map[app:shop tier:front]"],
    ["{{.ExposedPorts}}", "map[80/tcp:{}]"],
    ["{{.Labels.app}} {{.Labels.none}}", "shop <no value>"],
    ['{{index .Labels "tier"}}|{{index .Labels "none"}}|', "front||"],
    ["{{.State}}", "{running 42}"],
    ["{{.Created}}", "2026-11-22 14:15:09.12 +0200 +0200"],
    ["{{.Created.Unix}}", "1795349709"],
    ['{{.Greet "you"}} {{"me" | .Greet}}', "hello you hello me"],
    ["{{.Running}} {{.Count}} {{.Ratio}}", "true 3 1.5"],
    ["{{json .Labels}}", '{"app":"shop","tier":"front"}'],
    ["{{json .Name}} {{.Count | json}} {{json .Nothing}}", '"web" 3 null'],
    ["{{json .Created}}", '"2026-11-22T14:15:09.120000000+02:00"'],
    ["{{/* nothing */}}a{{- /* b */ -}} c", "ac"],
    ["a {{- 1 -}}  b", "a1b"],
    ["{{`raw \\n`}} {{\"tab\\t\\u00e9\\x41\"}} {{'a'}} {{0x1F}} {{-2}}", "raw \\n tab\té\u0041 97 31 -2"],
  ])("%s", (text, expected) => {
    expect(render(text)).toBe(expected);
  });

  test.each<[string, string]>([
    ["{{if .Running}}up{{end}}", "up"],
    ["{{if .Empty}}x{{else}}none{{end}}", "none"],
    ["{{if eq .Count 1}}one{{else if eq .Count 3}}three{{else}}many{{end}}", "three"],
    ["{{with .State}}{{.Status}}{{end}}{{with .Nothing}}x{{else}} -{{end}}", "running -"],
    ["{{with $s := .State}}{{$s.Pid}}{{end}}", "42"],
    ["{{range .Names}}[{{.}}]{{end}}", "[a][b]"],
    ["{{range .Empty}}x{{else}}none{{end}}", "none"],
    ["{{range $v := .Names}}{{$v}}{{end}}", "ab"],
    ["{{range $i, $v := .Names}}{{if $i}},{{end}}{{$i}}={{$v}}{{end}}", "0=a,1=b"],
    ["{{range $k, $v := .Labels}}{{$k}}={{$v}};{{end}}", "app=shop;tier=front;"],
    [
      "{{range $p, $b := .NetworkSettings.Ports}}{{$p}}:{{range $b}}{{.HostPort}}{{end}} {{end}}",
      "53/udp: 80/tcp:8080 ",
    ],
    ['{{range .Names}}{{if eq . "b"}}{{break}}{{end}}{{.}}{{end}}', "a"],
    ['{{range .Names}}{{if eq . "a"}}{{continue}}{{end}}{{.}}{{end}}', "b"],
    ["{{range .Names}}{{$.Name}}{{end}}", "webweb"],
    ["{{$n := 0}}{{range .Names}}{{$n = .}}{{end}}{{$n}}", "b"],
  ])("control: %s", (text, expected) => {
    expect(render(text)).toBe(expected);
  });

  test.each<[string, string]>([
    ['{{eq .Name "x" "web"}} {{ne .Count 3}}', "true false"],
    ['{{lt 1 2}} {{le 2 2}} {{gt "b" "a"}} {{ge 1 2}}', "true true true false"],
    ["{{and .Running .Name}} {{or .Empty .Name}} {{not .Empty}}", "web web true"],
    ["{{or .Running (index .Empty 5)}}", "true"],
    ['{{len .Names}} {{len .Name}} {{len .Labels}} {{len "é"}}', "2 3 2 2"],
    ["{{slice .Id 0 4}} {{slice .Names 1}}", "0123 [b]"],
    ['{{join .Names ", "}} {{lower "AB"}} {{upper .Name}} {{title "a bc"}}', "a, b ab WEB A Bc"],
    ['{{split "a-b" "-"}} [{{pad .Name 1 2}}] {{truncate .Id 3}}', "[a b] [ web  ] 012"],
    ['{{print 1 2 "a" "b" 3}} {{println .Name 1}}', "1 2ab3 web 1\n"],
    [
      '{{printf "%s|%5d|%-4s|%05.1f|%q|%v|%t|%x|%%|%T" .Name 7 "a" 2.25 "q" .Names true 255 1}}',
      'web|    7|a   |002.3|"q"|[a b]|true|ff|%|int',
    ],
    ['{{printf "%d %s" "x" 1}}', "%!d(string=x) %!s(int=1)"],
    ['{{printf "%s %s" "x"}} {{printf "x" 1}}', "x %!s(MISSING) x%!(EXTRA int=1)"],
    ['{{.Id | printf "%.4s" | upper}}', "0123"],
    ['{{(index .NetworkSettings.Ports "80/tcp" 0).HostPort}}', "8080"],
  ])("functions: %s", (text, expected) => {
    expect(render(text)).toBe(expected);
  });

  test.each<[string, string]>([
    ["{{.Nope}}", 'template: t:1:2: executing "t" at <.Nope>: can\'t evaluate field Nope in type struct'],
    [
      "a\n {{.Name.X}}",
      'template: t:2:3: executing "t" at <.Name.X>: can\'t evaluate field X in type string',
    ],
    ["{{.Name 1}}", 'template: t:1:2: executing "t" at <.Name>: Name is not a method but has arguments'],
    [
      "{{lower 3}}",
      'template: t:1:2: executing "t" at <lower 3>: wrong type for value in call of lower; expected string; got int',
    ],
    [
      "{{index .Names 5}}",
      'template: t:1:2: executing "t" at <index .Names 5>: error calling index: index out of range: 5',
    ],
    ["{{range .Name}}{{end}}", 'template: t:1:8: executing "t" at <.Name>: range can\'t iterate over web'],
    ["{{frob}}", 'template: t:1: function "frob" not defined'],
    ["{{.Name", "template: t:1: unclosed action"],
    ["{{if .Name}}", "template: t:1: unexpected EOF"],
    ["{{end}}", "template: t:1: unexpected {{end}}"],
    ["{{if}}{{end}}", "template: t:1: missing value for if"],
    ["{{$x}}", 'template: t:1: undefined variable "$x"'],
    ["{{/* x", "template: t:1: unclosed comment"],
    ['{{"x}}', "template: t:1: unterminated quoted string"],
    ["{{(1}}", "template: t:1: unclosed left paren"],
    ['{{define "x"}}{{end}}', "template: t:1: {{define}} is not supported"],
  ])("%s fails as in Go", (text, message) => {
    expect(failure(text)).toBe(message);
  });

  test("an unknown field's hint lists the known ones", () => {
    expect(() => render("{{.State.Nope}}")).toThrow(
      expect.objectContaining({ hint: "Known fields: Pid, Status" }),
    );
  });

  test("a label called __proto__ is a label like any other", () => {
    const labels = new Map([["__proto__", "x"]]);
    expect(render("{{.Labels}} {{json .Labels}}", { Labels: labels })).toBe(
      'map[__proto__:x] {"__proto__":"x"}',
    );
    expect(() => render("{{.constructor}}", {})).toThrow("can't evaluate field constructor");
  });

  test("text without actions is given as it is", () => {
    fc.assert(
      fc.property(
        fc.string().filter((s) => !s.includes("{{")),
        (text) => expect(render(text)).toBe(text),
      ),
    );
  });

  test("any text either parses or fails with CLI_FORMAT_INVALID", () => {
    const piece = fc.constantFrom(
      "{{",
      "}}",
      "{{-",
      "-}}",
      "if ",
      "range ",
      "else",
      "end",
      ".Name",
      ".",
      "$x",
      ":=",
      "|",
      "(",
      ")",
      '"a"',
      "1",
      " ",
      "eq ",
      "/*",
      "*/",
      "'",
      "`",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
        try {
          render(pieces.join(""));
        } catch (error) {
          if (!(error instanceof EngineError) || error.code !== "CLI_FORMAT_INVALID") throw error;
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("compileTemplate()", () => {
  test("interprets \\t and \\n and ends the line", () => {
    expect(compileTemplate(String.raw`{{.Name}}\t{{.Count}}\nx`)(DATA)).toBe("web\t3\nx\n");
  });

  test("takes the text as written where only that parses", () => {
    expect(compileTemplate(String.raw`{{printf "%s\n" .Name}}`)(DATA)).toBe("web\n");
  });
});

describe("implyRange()", () => {
  test("adds a range unless there is one over everything", () => {
    expect(implyRange("{{.ID}}\n")).toBe("{{range .}}{{.ID}}\n{{end -}}");
    expect(implyRange("{{range .}}x{{end}}")).toBe("{{range .}}x{{end}}");
    expect(implyRange("{{range .Names}}x{{end}}")).toStartWith("{{range .}}");
  });
});

describe("asksForJson()", () => {
  test.each(["json", " json ", "{{json}}", "{{ json }}", "{{json.}}"])("%j does", (format) => {
    expect(asksForJson(format)).toBe(true);
  });
  test.each([undefined, "", "{{json .}}", "{{ json . }}", "{{json .ID}}", "jsonl", "table"])(
    "%j does not",
    (format) => {
      expect(asksForJson(format)).toBe(false);
    },
  );
});

import { expect, test } from "bun:test";
import { compileTemplate } from "../template.ts";
import { withZeroValues } from "./zero-values.ts";

const CONTAINER = {
  Id: "1",
  State: { Status: "running" },
  Config: { Healthcheck: { Test: ["CMD", "true"], Interval: 90_000_000_000 } },
};

const shown = (template: string): string =>
  compileTemplate(template)(withZeroValues("container", CONTAINER)).trimEnd();

test("a template finds what the JSON leaves out, and its JSON leaves it out as well", () => {
  expect(shown("{{.State.StoppedByUser}}")).toBe("false");
  expect(shown("{{json .State}}")).toBe('{"Status":"running"}');
  expect(JSON.parse(shown("{{json .}}"))).toEqual(CONTAINER);
  expect(shown("{{.State}}")).toStartWith("{running ");
});

test("a health check's spans are Go's durations, and numbers in JSON", () => {
  expect(shown("{{.Config.Healthcheck.Interval}} {{.Config.Healthcheck.Timeout}}")).toBe("1m30s 0s");
  expect(shown("{{.Config.Healthcheck.Interval.Seconds}}")).toBe("90");
  expect(shown('{{printf "%d %s" .Config.Healthcheck.Interval .Config.Healthcheck.Interval}}')).toBe(
    "90000000000 1m30s",
  );
  expect(shown("{{if .Config.Healthcheck.Timeout}}yes{{else}}no{{end}}")).toBe("no");
  expect(shown("{{eq .Config.Healthcheck.Interval 90000000000}}")).toBe("true");
  expect(shown("{{json .Config.Healthcheck}}")).toBe('{"Test":["CMD","true"],"Interval":90000000000}');
  expect(() => shown("{{.Config.Healthcheck.Interval.Weeks}}")).toThrow(
    "can't evaluate field Weeks in type time.Duration",
  );
  expect(CONTAINER.Config.Healthcheck.Interval).toBe(90_000_000_000);
});

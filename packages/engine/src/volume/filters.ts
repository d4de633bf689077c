/** `volume ls --filter` and `volume prune --filter`. */
import type { Filters } from "@podwright/spec/engine-api/common";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { VolumeRecord } from "../ports/volume-record.ts";
import type { VolumeContext } from "./context.ts";

type Test = (volume: VolumeRecord, value: string) => boolean;

/** Values of one key are alternatives (labels: all must hold); keys must all hold. @throws VOLUME_INVALID */
export function matchesFilters(ctx: VolumeContext, filters: Filters): (volume: VolumeRecord) => boolean {
  const tests = filterTests(ctx);
  const checks = Object.entries(filters).map(([key, values]) => {
    const check = tests[key];
    if (check === undefined) throw new EngineError("VOLUME_INVALID", `"${key}" is an invalid volume filter`);
    return key.startsWith("label")
      ? (volume: VolumeRecord) => values.every((value) => check(volume, value))
      : (volume: VolumeRecord) => values.some((value) => check(volume, value));
  });
  return (volume) => checks.every((check) => check(volume));
}

function filterTests(ctx: VolumeContext): Readonly<Record<string, Test>> {
  const since: Test = (volume, value) => volume.created > ctx.store.volumes.find(value).created;
  return {
    name: (volume, value) => new RegExp(value).test(volume.name),
    driver: (volume, value) => volume.driver === value,
    scope: (_, value) => value === "local",
    label: (volume, value) => hasPair(volume.labels, value),
    "label!": (volume, value) => !hasPair(volume.labels, value),
    opt: (volume, value) => hasPair(volume.options, value),
    until: (volume, value) => volume.created < timeOf(value, ctx.clock.now()),
    dangling: (volume, value) => isUnused(ctx, volume) === truth("dangling", value),
    anonymous: (volume, value) => volume.anonymous === truth("anonymous", value),
    after: since,
    since,
  };
}

export function isUnused(ctx: VolumeContext, volume: VolumeRecord): boolean {
  return ctx.store.containers.usingVolume(volume.name).length === 0;
}

function hasPair(pairs: Readonly<Record<string, string>>, text: string): boolean {
  const equals = text.indexOf("=");
  if (equals < 0) return text in pairs;
  return pairs[text.slice(0, equals)] === text.slice(equals + 1);
}

function truth(key: string, value: string): boolean {
  if (["true", "1", "t", "True", "TRUE"].includes(value)) return true;
  if (["false", "0", "f", "False", "FALSE"].includes(value)) return false;
  throw new EngineError(
    "VOLUME_INVALID",
    `"${value}" is not a valid value for filter "${key}": true or false`,
  );
}

const UNITS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000 };

/** A Go duration before now ("1h30m"), seconds since 1970, or a date. */
function timeOf(value: string, now: number): number {
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  if (/^(\d+(\.\d+)?[hms])+$/.test(value)) {
    let span = 0;
    for (const [, count, unit] of value.matchAll(/(\d+(?:\.\d+)?)([hms])/g)) {
      span += Number(count) * (UNITS[unit ?? "s"] ?? 0);
    }
    return now - span;
  }
  const date = Date.parse(value);
  if (Number.isNaN(date)) throw new EngineError("VOLUME_INVALID", `"${value}" is not a time or a duration`);
  return date;
}

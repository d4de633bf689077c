/** Filters of `events`: those of one key are alternatives, and every key must agree. */
import type { Filters } from "@podwright/spec/engine-api/common";
import type { EngineEvent, EventType } from "@podwright/spec/engine-api/events";
import { EngineError } from "@podwright/spec/errors/engine-error";

type Test = (event: EngineEvent, value: string) => boolean;

/** @throws VALUE_INVALID for a key that there is not */
export function compileEventFilters(filters: Filters): (event: EngineEvent) => boolean {
  const tests = Object.entries(filters).map(([key, values]) => {
    const test = testOf(key);
    return (event: EngineEvent) => values.some((value) => test(event, value));
  });
  return (event) => tests.every((test) => test(event));
}

function testOf(key: string): Test {
  switch (key.toLowerCase()) {
    case "container":
    case "image":
    case "pod":
    case "secret":
      return named(key.toLowerCase() as EventType);
    case "network":
      return ({ type, network = "", id }, value) =>
        type === "network" && (network === value || id.startsWith(value));
    case "volume":
      return ({ type, name }, value) => type === "volume" && name.startsWith(value);
    case "event":
    case "status":
      // Docker calls it so.
      return ({ status }, value) => status === (value === "die" ? "died" : value);
    case "type":
      return ({ type }, value) => type === value;
    case "label":
      return hasLabel;
    default:
      throw new EngineError("VALUE_INVALID", `failed to parse event filters: ${key} is an invalid filter`);
  }
}

/** By name, or by the beginning of the id. */
function named(wanted: EventType): Test {
  return ({ type, name, id }, value) => type === wanted && (name === value || id.startsWith(value));
}

function hasLabel({ attributes }: EngineEvent, value: string): boolean {
  const equals = value.indexOf("=");
  if (equals === -1) return Object.hasOwn(attributes, value);
  const key = value.slice(0, equals);
  return Object.hasOwn(attributes, key) && attributes[key] === value.slice(equals + 1);
}

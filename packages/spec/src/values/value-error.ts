/** The error of every parser in this folder. */
import { EngineError } from "../errors/engine-error.ts";

export function invalidValue(message: string): EngineError {
  return new EngineError("VALUE_INVALID", message);
}

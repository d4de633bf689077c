/** The composition root: will name host, state and the domains together. */
import type { Engine } from "@podwright/spec/engine-api/engine";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { EngineOptions } from "./cli/frame/lazy-engine.ts";

export function createEngine(options: EngineOptions): Engine {
  throw new EngineError("NOT_IMPLEMENTED", `${options.program} has no engine yet`);
}

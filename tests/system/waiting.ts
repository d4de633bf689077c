/** Waiting for what the host does in its own time, and ports that nobody uses. */
export { waitFor, waitForHandler } from "../../packages/engine/testing/waiting.ts";

/** A TCP port of this namespace that nothing listens on now. */
export function freePort(): number {
  const listener = Bun.listen({ hostname: "0.0.0.0", port: 0, socket: { data() {} } });
  const { port } = listener;
  listener.stop(true);
  return port;
}

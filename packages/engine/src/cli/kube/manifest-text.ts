/** The bytes of a manifest → its text: UTF-8, or UTF-16 as Windows' tools write it, with a byte order mark. */
import { EngineError } from "@podwright/spec/errors/engine-error";

const LINE_FEED = 0x0a;

/** Bytes that are no text would reach containers as replacement characters. @throws KUBE_INVALID */
export function decodeManifest(name: string, bytes: Uint8Array): string {
  const utf16 = utf16Of(bytes);
  try {
    return new TextDecoder(utf16 ?? "utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    if (utf16 !== undefined) throw noText(`${name}: its byte order mark says UTF-16, but it is not`, cause);
    const offset = firstInvalid(bytes);
    const before = bytes.subarray(0, offset);
    const line = before.reduce((lines, byte) => lines + Number(byte === LINE_FEED), 1);
    const byte = (bytes[offset] ?? 0).toString(16).padStart(2, "0");
    throw noText(`${name}:${line}: error: not UTF-8: byte 0x${byte}`, cause);
  }
}

function utf16Of([first, second]: Uint8Array): "utf-16le" | "utf-16be" | undefined {
  if (first === 0xff && second === 0xfe) return "utf-16le";
  return first === 0xfe && second === 0xff ? "utf-16be" : undefined;
}

/** Where what was read, written again, is something else. */
function firstInvalid(bytes: Uint8Array): number {
  const again = Buffer.from(Buffer.from(bytes).toString("utf8"));
  const index = bytes.findIndex((byte, i) => byte !== again[i]);
  return index === -1 ? bytes.length : index;
}

function noText(message: string, cause: unknown): EngineError {
  return new EngineError("KUBE_INVALID", message, { cause, hint: "save the file as UTF-8" });
}

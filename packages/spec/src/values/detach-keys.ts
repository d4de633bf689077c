/** `--detach-keys ctrl-p,ctrl-q`: the bytes that leave an attached session. */
import { invalidValue } from "./value-error.ts";

const CONTROL: Readonly<Record<string, number>> = { "@": 0, "[": 27, "\\": 28, "]": 29, "^": 30, _: 31 };

/** [] for "", which switches detaching off. @throws VALUE_INVALID */
export function parseDetachKeys(text: string): number[] {
  if (text === "") return [];
  return text.split(",").map((key) => {
    const byte = keyByte(key);
    if (byte === undefined) throw invalidValue(`invalid detach keys: unknown character: '${key}'`);
    return byte;
  });
}

function keyByte(key: string): number | undefined {
  if (/^[\x20-\x7e]$/.test(key)) return key.charCodeAt(0);
  const control = /^ctrl-(.)$/i.exec(key)?.[1];
  if (control === undefined) return undefined;
  if (/^[a-zA-Z]$/.test(control)) return control.toLowerCase().charCodeAt(0) - 96;
  return CONTROL[control];
}

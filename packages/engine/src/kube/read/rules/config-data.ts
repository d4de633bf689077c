/** Contents of ConfigMaps and Secrets: keys, base64, sizes, what a Secret's type demands. */
import type { ConfigMap, Secret } from "@podwright/spec/kube/types";
import type { FieldPath } from "../../manifest.ts";
import { configKeyProblem } from "./names.ts";
import type { Rules } from "./rule-context.ts";

const MOST_BYTES = 1024 * 1024;
const NEEDED_KEYS: Readonly<Record<string, readonly string[]>> = {
  "kubernetes.io/dockerconfigjson": [".dockerconfigjson"],
  "kubernetes.io/dockercfg": [".dockercfg"],
  "kubernetes.io/ssh-auth": ["ssh-privatekey"],
  "kubernetes.io/tls": ["tls.crt", "tls.key"],
};

export function checkConfigMap(rules: Rules, map: ConfigMap): void {
  const bytes =
    checkEntries(rules, ["data"], map.data) + checkEntries(rules, ["binaryData"], map.binaryData, "base64");
  for (const key of Object.keys(map.binaryData ?? {}))
    if (map.data !== undefined && Object.hasOwn(map.data, key))
      rules.findings.errorAtKey(["binaryData", key], `duplicate value "${key}": it is in data too`);
  checkSize(rules, bytes);
}

export function checkSecret(rules: Rules, secret: Secret): void {
  const bytes =
    checkEntries(rules, ["data"], secret.data, "base64") +
    checkEntries(rules, ["stringData"], secret.stringData);
  checkSize(rules, bytes);
  const keys = new Set([...Object.keys(secret.data ?? {}), ...Object.keys(secret.stringData ?? {})]);
  const needed = Object.hasOwn(NEEDED_KEYS, secret.type ?? "") ? (NEEDED_KEYS[secret.type ?? ""] ?? []) : [];
  for (const key of needed)
    if (!keys.has(key)) rules.required(["data", key], `a Secret of type "${secret.type ?? ""}" has it`);
}

function checkEntries(
  rules: Rules,
  path: FieldPath,
  entries: Readonly<Record<string, string>> | undefined,
  encoding: "text" | "base64" = "text",
): number {
  let bytes = 0;
  for (const [key, value] of Object.entries(entries ?? {})) {
    rules.reportKey([...path, key], configKeyProblem(key));
    if (encoding === "base64" && !isBase64(value))
      rules.findings.error(
        [...path, key],
        "invalid value: not base64",
        path[0] === "data" ? "plain text goes into stringData" : "plain text goes into data",
      );
    bytes += encoding === "base64" ? Math.floor((value.length * 3) / 4) : Buffer.byteLength(value);
  }
  return bytes;
}

function checkSize(rules: Rules, bytes: number): void {
  if (bytes > MOST_BYTES)
    rules.findings.error([], `too long: at most ${MOST_BYTES} bytes of data, got ${bytes}`);
}

/** As Go's decoder takes it: padded, with line breaks anywhere. */
function isBase64(value: string): boolean {
  const text = value.replaceAll(/[\r\n]/g, "");
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
}

/** `secret inspect`: an engine's secret under Podman's keys (podman.md §4.2). */
import type { SecretInfo } from "@podwright/spec/engine-api/secrets";
import { GoTime } from "../go-time.ts";

export interface SecretJson {
  ID: string;
  CreatedAt: GoTime;
  UpdatedAt: GoTime;
  Spec: {
    Name: string;
    Driver: { Name: string; Options: Record<string, string> };
    Labels: Record<string, string>;
  };
  /** Left out of the JSON, and empty in a template, unless the secret is to be shown. */
  SecretData: string | undefined;
}

export function secretInspectJson(info: SecretInfo, data: Uint8Array | undefined): SecretJson {
  return {
    ID: info.id,
    CreatedAt: GoTime.fromDate(new Date(info.created)),
    UpdatedAt: GoTime.fromDate(new Date(info.updated)),
    Spec: {
      Name: info.name,
      Driver: { Name: info.driver, Options: { ...info.driverOptions } },
      Labels: { ...info.labels },
    },
    SecretData: data === undefined ? undefined : new TextDecoder().decode(data),
  };
}

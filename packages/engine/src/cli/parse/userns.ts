/** Flags of user namespaces: where one comes from, or the maps of a new one. */
import type { UsernsRequest } from "@podwright/spec/engine-api/containers";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { Flags, FlagValues } from "../frame/command.ts";

export const usernsFlags = {
  userns: {
    type: "string",
    help: "User namespace to use",
    valueName: "host|auto[:OPTIONS]|keep-id[:OPTIONS]|nomap|container:ID|ns:PATH",
    complete: "none",
  },
  uidmap: {
    type: "list",
    help: "UID map to use for the user namespace",
    valueName: "[FLAGS]INSIDE:OUTSIDE[:SIZE]",
    complete: "none",
  },
  gidmap: {
    type: "list",
    help: "GID map to use for the user namespace",
    valueName: "[FLAGS]INSIDE:OUTSIDE[:SIZE]",
    complete: "none",
  },
  subuidname: {
    type: "string",
    help: "Name of range listed in /etc/subuid for use in user namespace",
    valueName: "NAME",
    complete: "none",
  },
  subgidname: {
    type: "string",
    help: "Name of range listed in /etc/subgid for use in user namespace",
    valueName: "NAME",
    complete: "none",
  },
} as const satisfies Flags;

/** undefined when none of them was given. @throws CLI_USAGE */
export function parseUserns(flags: FlagValues<typeof usernsFlags>): UsernsRequest | undefined {
  const { userns, uidmap, gidmap, subuidname, subgidname } = flags;
  const named = [
    ...(uidmap.length > 0 ? ["uidmap"] : []),
    ...(gidmap.length > 0 ? ["gidmap"] : []),
    ...(subuidname === undefined ? [] : ["subuidname"]),
    ...(subgidname === undefined ? [] : ["subgidname"]),
  ];
  if (userns === undefined && named.length === 0) return undefined;
  if (userns !== undefined && named.length > 0) {
    throw new EngineError("CLI_USAGE", `--userns and --${named[0]} cannot be set together`);
  }
  return {
    ...(userns === undefined ? {} : { mode: userns }),
    uidmap,
    gidmap,
    ...(subuidname === undefined ? {} : { subuidName: subuidname }),
    ...(subgidname === undefined ? {} : { subgidName: subgidname }),
  };
}

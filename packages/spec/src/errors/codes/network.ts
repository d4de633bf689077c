/** Failures of networks, addresses and published ports. */
export const networkCodes = {
  NETWORK_NOT_FOUND: { kind: "not found" },
  NETWORK_NAME_IN_USE: { kind: "already exists" },
  NETWORK_INVALID: { kind: "invalid argument" },
  NETWORK_IN_USE: { kind: "conflict", exit: 2 },
  NETWORK_SETUP_FAILED: { kind: "internal", exit: 126 },
  NETWORK_ADDRESSES_EXHAUSTED: { kind: "resource exhausted", exit: 126 },
  NETWORK_ADDRESS_IN_USE: { kind: "conflict", exit: 126 },
  PORT_INVALID: { kind: "invalid argument" },
  PORT_IN_USE: { kind: "conflict", exit: 126 },
  PORT_NOT_PUBLISHED: { kind: "not found" },
  PORT_CONFLICT: { kind: "invalid argument" },
} as const;

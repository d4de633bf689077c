/** What the engine and a forwarder say to one another, as JSON, one message each; descriptors go beside it. */

export interface PortWords {
  /** "tcp 0.0.0.0 8080": what it is known by. */
  readonly key: string;
  /** A sockaddr, hexadecimal. */
  readonly target: string;
  readonly loopback: boolean;
}

export type Request =
  | {
      readonly op: "add";
      /** As many as descriptors, in their order. */
      readonly ports: readonly PortWords[];
      /** Whether the firewall of the namespace marks answers. */
      readonly marking: boolean;
      /** The last of its start: from here on it lives without who has started it. */
      readonly stay: boolean;
    }
  | { readonly op: "remove"; readonly keys: readonly string[] }
  | { readonly op: "list" };

export type Reply =
  | { readonly without: readonly ("tcp" | "udp")[] }
  | { readonly ports: readonly Omit<PortWords, "loopback">[] }
  | { readonly failed: string; readonly errno: number; readonly key: string };

/** In one message: the kernel passes 253 descriptors at most. */
export const MOST_PORTS = 200;
/** Bytes. */
export const LONGEST_REQUEST = 1 << 16;
export const LONGEST_REPLY = 1 << 18;

export const PID_FILE = "forwarder.pid";
export const SOCKET = "forwarder.sock";

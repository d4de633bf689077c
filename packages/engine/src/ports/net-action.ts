/** A request over the network as a sandbox's own processes would make it: hooks and probes that speak to a container. */
export type NetAction =
  | {
      readonly kind: "http";
      readonly url: string;
      readonly headers: readonly { readonly name: string; readonly value: string }[];
    }
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  /** `grpc.health.v1.Health/Check` of the service, without TLS. */
  | { readonly kind: "grpc"; readonly host: string; readonly port: number; readonly service: string };

export interface NetActionRequest {
  readonly action: NetAction;
  /** Of the namespace that it is made from: /proc/PID/ns/net, or a pin. */
  readonly netnsPath: string;
  /** Milliseconds. */
  readonly timeout: number;
  readonly signal?: AbortSignal;
}

export interface NetActions {
  /** Undefined when it succeeded (HTTP: a status from 200 to 399; gRPC: SERVING), else why not. */
  run(request: NetActionRequest): Promise<string | undefined>;
}

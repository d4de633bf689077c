/** What the confined process says of its work, one line of JSON. */
export type UnpackResult =
  | {
      readonly ok: true;
      readonly diffId: string;
      /** Bytes of file data. */
      readonly size: number;
      /** The archive had an entry for the layer's root directory. */
      readonly rootSeen: boolean;
      /** See TreeWriter. */
      readonly fileMarks: boolean;
      /** Paths below the root, base64: the parent marks them, since that needs a capability too many. */
      readonly opaque: readonly string[];
    }
  | {
      readonly ok: false;
      readonly code: "IMAGE_LAYER_INVALID" | "HOST_CALL_FAILED";
      readonly message: string;
    };

/** What a broken manifest is, and the texts that many of them begin with. */

export interface Expected {
  /** "line:column". */
  readonly at: string;
  /** "Pod/web: spec.containers[0].image". */
  readonly path: string;
  readonly message: string;
  /** "$SOURCE" stands for the file's name. */
  readonly hint?: string;
}

export interface BrokenManifest {
  readonly name: string;
  readonly yaml: string;
  /** All of them, in order. */
  readonly errors: readonly Expected[];
  /** Of reading; planning has warnings of its own. */
  readonly warnings?: readonly Expected[];
  /** Reading finds nothing wrong, planning does. */
  readonly stage?: "plan";
  /** Commands (without the program) that have to be run first. */
  readonly before?: readonly string[];
}

/** Lines 1 to 4: what follows is the pod's spec. */
export const POD = `apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
`;

/** Lines 5 to 7 of most: what follows is the container. */
export const APP = `  containers:
  - name: app
    image: busybox
`;

/** `runAsNonRoot`: what can be told of the user before the image's own files are read. */
import { invalidConfig } from "./inputs.ts";

export interface UserChoice {
  /** Of the container, for the message. */
  readonly name: string;
  /** As asked for; absent: the image's. */
  readonly asked?: string;
  readonly image: string;
}

/** A name is looked up at the start. @throws CONTAINER_INVALID with Kubernetes' words */
export function refuseKnownRoot({ name, asked, image }: UserChoice): void {
  if (asked !== undefined && asked !== "") {
    if (isZero(asked)) {
      throw invalidConfig(`container's runAsUser breaks non-root policy (container: ${name})`);
    }
    return;
  }
  if (image === "" || isZero(image)) throw runsAsRoot(name);
}

/** Once the user is known by its number. @throws CONTAINER_INVALID */
export function refuseRoot(name: string, uid: number): void {
  if (uid === 0) throw runsAsRoot(name);
}

function isZero(user: string): boolean {
  return /^0+(:|$)/.test(user);
}

function runsAsRoot(name: string): Error {
  return invalidConfig(`container has runAsNonRoot and image will run as root (container: ${name})`);
}

/** `pod inspect` as Podman prints it (podman.md §4.2). */
export interface InspectPod {
  Id: string;
  Name: string;
}

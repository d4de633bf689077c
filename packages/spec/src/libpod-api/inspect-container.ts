/** `container inspect` as Podman prints it (podman.md §4.2). */
export interface InspectContainer {
  Id: string;
  Name: string;
}

/** Where distributions put catatonit, a process that sleeps and reaps. */
export const CATATONIT_PATHS = [
  "/usr/libexec/podman/catatonit",
  "/usr/bin/catatonit",
  "/usr/lib/podman/catatonit",
] as const;

/** Platforms of images: their spellings, and the choice of one image from an index. */
import type { Descriptor, Platform } from "./types.ts";

const ARCHITECTURES: Readonly<Record<string, readonly [string, string?]>> = {
  aarch64: ["arm64"],
  armel: ["arm", "v6"],
  armhf: ["arm", "v7"],
  i386: ["386"],
  i686: ["386"],
  x86_64: ["amd64"],
  "x86-64": ["amd64"],
  // Node's names.
  x64: ["amd64"],
  ia32: ["386"],
  ppc64: ["ppc64le"],
};

/** Variants from the newest: an image for an older one runs on a newer one. */
const VARIANTS: Readonly<Record<string, readonly string[]>> = {
  arm: ["v8", "v7", "v6", "v5"],
  arm64: ["v8"],
};

/** GOOS and GOARCH spellings; `aarch64` is arm64, `armhf` is arm v7, arm64's `8` is v8. */
export function normalizePlatform(platform: Platform): Platform {
  const architecture = platform.architecture.toLowerCase();
  const [arch, implied] = ARCHITECTURES[architecture] ?? [architecture];
  const given = platform.variant ?? implied ?? "";
  const variant = /^\d+$/.test(given) ? `v${given}` : given.toLowerCase();
  const os = platform.os.toLowerCase() === "macos" ? "darwin" : platform.os.toLowerCase();
  return { os, architecture: arch, ...(variant === "" ? {} : { variant }) };
}

/** What this machine runs. */
export function hostPlatform(arch: string): Platform {
  return normalizePlatform({ os: "linux", architecture: arch });
}

/** The first entry that runs on the wanted platform, the best variant first; undefined when none does. */
export function chooseFromIndex(entries: readonly Descriptor[], wanted: Platform): Descriptor | undefined {
  const target = normalizePlatform(wanted);
  for (const variant of acceptableVariants(target)) {
    const found = entries.find((entry) => {
      if (entry.platform === undefined) return false;
      const offered = normalizePlatform(entry.platform);
      return (
        offered.os === target.os &&
        offered.architecture === target.architecture &&
        (offered.variant ?? "") === variant
      );
    });
    if (found !== undefined) return found;
  }
  return undefined;
}

/** True when an image made for `offered` may be used where `wanted` was asked for. */
export function platformMatches(offered: Platform, wanted: Partial<Platform>): boolean {
  const image = normalizePlatform(offered);
  const target = normalizePlatform({
    os: wanted.os ?? image.os,
    architecture: wanted.architecture ?? image.architecture,
    ...(wanted.variant === undefined ? {} : { variant: wanted.variant }),
  });
  if (image.os !== target.os || image.architecture !== target.architecture) return false;
  return acceptableVariants(target).includes(image.variant ?? "");
}

function acceptableVariants(target: Platform): readonly string[] {
  const known = VARIANTS[target.architecture] ?? [];
  if (target.variant === undefined) return ["", ...known];
  const at = known.indexOf(target.variant);
  return at === -1 ? [target.variant, ""] : [...known.slice(at), ""];
}

# The images that the benchmark uses, in a registry's storage of its own, kept between runs. Sourced after tools/setup/all.sh.

# Sets BENCH_IMAGES.
provide_bench_images() {
  local key work
  key=$(cat "$REPO/bench/images.ts" "$REPO/bench/images.sh" | sha256sum | cut -c1-16)
  BENCH_IMAGES=$CACHE/bench-images-$key
  if [ -e "$BENCH_IMAGES/complete" ]; then
    say "Images: kept from an earlier run in $BENCH_IMAGES"
    return
  fi
  rm -rf "$CACHE"/bench-images-*
  mkdir -p "$BENCH_IMAGES"
  work=$(mktemp -d "${TMPDIR:-/var/tmp}/podwright-bench-images.XXXXXX")
  build_images "$work" busybox
  say "Images: building big, ten-layers"
  "$BUN" "$REPO/bench/images.ts" "$work" || { rm -rf "$work"; die "building images failed"; }
  start_registry "$BENCH_IMAGES" "$work"
  for image in busybox big ten-layers; do
    push_image "oci:$work/$image" "$image" || { stop_registry; die "skopeo could not push $image"; }
  done
  stop_registry
  rm -rf "$work"
  touch "$BENCH_IMAGES/complete"
}

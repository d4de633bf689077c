# A registry on loopback with the images that the tutorial and the tests use. Sourced after say.sh, packages.sh, bun.sh.

# Sets IMAGES, a directory with the registry's storage: nginx, redis and postgres from docker.io where it can be
# reached, else built from Debian's packages; myblog and the small images of the tests are always built.
provide_images() {
  local source=debian key
  docker_io_answers && source=docker.io
  key=$(cd "$REPO" && cat images/* tools/setup/registry.sh | sha256sum | cut -c1-16)
  IMAGES=$CACHE/images-$source-$key
  if [ -e "$IMAGES/complete" ]; then
    say "Images: kept from an earlier run in $IMAGES"
    return
  fi
  rm -rf "$CACHE"/images-"$source"-*
  mkdir -p "$IMAGES"
  say "Images: from $source, kept in $IMAGES"
  start_registry "$IMAGES" "$IMAGES"
  fill_registry "$source"
  stop_registry
  touch "$IMAGES/complete"
}

docker_io_answers() {
  local status
  status=$(curl -s -o /dev/null -w '%{http_code}' --connect-timeout 3 --max-time 6 https://registry-1.docker.io/v2/)
  [ "$status" = 401 ] || [ "$status" = 200 ]
}

fill_registry() {
  local work image wanted='busybox layers myblog'
  work=$(mktemp -d "${TMPDIR:-/var/tmp}/podwright-images.XXXXXX")
  for image in nginx redis postgres; do
    if [ "$1" != docker.io ] ||
      ! push_image "docker://docker.io/library/$image:latest" "$image"; then wanted+=" $image"; fi
  done
  build_images "$work" $wanted
  for image in $wanted; do
    push_image "oci:$work/$image" "$image" || { stop_registry; die "skopeo could not push $image"; }
  done
  rm -rf "$work"
}

# build_images WORK IMAGE...: OCI directories WORK/IMAGE.
build_images() {
  local work=$1
  shift
  say "Images: building $*"
  apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
    sort -u >"$work/sources.list"
  BUSYBOX=$(unpack_package busybox-static "$CACHE")/bin/busybox "$BUN" "$REPO/images/build.ts" "$work" "$@" \
    >"$work/log" 2>&1 || { tail -20 "$work/log" >&2; stop_registry; die "building images failed"; }
}

push_image() {
  skopeo copy --quiet --insecure-policy --dest-tls-verify=false "$1" \
    "docker://127.0.0.1:$REGISTRY_PORT/library/$2:latest" >/dev/null
}

# start_registry STORAGE WORK: sets REGISTRY_PORT, REGISTRY_PID and REGISTRY_PROGRAM, and exports a registries.conf by which
# a pull from docker.io is a pull from here.
start_registry() {
  local program try
  program=$(command -v docker-registry) || program=$(unpack_package docker-registry "$CACHE")/usr/bin/docker-registry
  for try in 1 2 3 4 5; do
    REGISTRY_PORT=$((61000 + (RANDOM + try) % 4000))
    registry_config "$1" >"$2/registry.yml"
    "$program" serve "$2/registry.yml" >"$2/registry.log" 2>&1 </dev/null &
    REGISTRY_PID=$! REGISTRY_PROGRAM=$program
    if registry_answers; then
      mirror_config >"$2/registries.conf"
      export CONTAINERS_REGISTRIES_CONF=$2/registries.conf
      return
    fi
    stop_registry
  done
  tail -5 "$2/registry.log" >&2
  die "docker-registry does not start"
}

registry_answers() {
  local try
  for try in $(seq 100); do
    kill -0 "$REGISTRY_PID" 2>/dev/null || return 1
    curl -sf -o /dev/null --noproxy '*' --max-time 2 "http://127.0.0.1:$REGISTRY_PORT/v2/" && return
    sleep 0.05
  done
  return 1
}

registry_config() {
  cat <<END
version: 0.1
log: {level: warn}
storage:
  filesystem: {rootdirectory: $1}
http: {addr: 127.0.0.1:$REGISTRY_PORT}
END
}

mirror_config() {
  cat <<END
unqualified-search-registries = ["docker.io"]
[[registry]]
prefix = "docker.io"
location = "docker.io"
[[registry.mirror]]
location = "127.0.0.1:$REGISTRY_PORT"
insecure = true
END
}

stop_registry() {
  [ -n "${REGISTRY_PID:-}" ] || return 0
  kill "$REGISTRY_PID" 2>/dev/null || true
  wait "$REGISTRY_PID" 2>/dev/null || true
  REGISTRY_PID=
}

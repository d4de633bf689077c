# Says what a step is doing, and ends with the name of what is missing. Sourced.

say() {
  if [ -t 1 ]; then printf '\033[1m==> %s\033[0m\n' "$*"; else printf '==> %s\n' "$*"; fi
}

die() {
  printf 'Error: %s\n' "$*" >&2
  exit 1
}

need_root() {
  [ "$(id -u)" = 0 ] || die "this needs root: it installs packages and makes network namespaces"
}

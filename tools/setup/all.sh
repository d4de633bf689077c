# The steps that ./quickstart and ./test share. Sourced from the repository's root by a script that set REPO.

# Kept between runs: Bun, the images. `rm -r` of it costs nothing but time.
CACHE=${PODWRIGHT_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/podwright}
mkdir -p "$CACHE"

for part in say packages bun registry; do . "$REPO/tools/setup/$part.sh"; done

trap 'stop_registry' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

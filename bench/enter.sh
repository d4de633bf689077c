#!/bin/bash
# Makes the benchmark's surroundings: own network, processes, cgroup, root, registry; then measures. Started by bench/run.
set -euo pipefail
REPO=$(cd "$(dirname "$0")/.." && pwd)
cd "$REPO"
. bench/cgroups.sh
. bench/user.sh
stage=$1
shift

if [ "$stage" = outside ]; then
  . tools/setup/all.sh
  trap - EXIT
  ip link set lo up
  mount -t proc proc /proc
  # In a mount namespace of its own the registry keeps the root that has its files; its work counts for nobody.
  program=$(command -v docker-registry) || program=$(unpack_package docker-registry "$CACHE")/usr/bin/docker-registry
  REGISTRY_PORT=5000
  registry_config "$BENCH_IMAGES" >"$BENCH_WORK/registry.yml"
  unshare --mount "$program" serve "$BENCH_WORK/registry.yml" >"$BENCH_WORK/registry.log" 2>&1 </dev/null &
  REGISTRY_PID=$!
  registry_answers || die "docker-registry does not start: $(tail -3 "$BENCH_WORK/registry.log")"
  enter_cgroups "$BENCH_CGROUP" "$BENCH_WORK"
  exec unshare --cgroup "$0" inside "$@"
fi

new=$BENCH_WORK/root
mkdir -p "$new"
if [ "$BENCH_ROOT" = / ]; then mount --rbind / "$new"; else mount --bind "$BENCH_ROOT" "$new"; fi
disk() {
  mkdir -p "$BENCH_WORK/$1"
  mount --bind "$BENCH_WORK/$1" "$new/$2"
}
for directory in run tmp mnt; do mount -t tmpfs -o mode=755 tmpfs "$new/$directory"; done
chmod 1777 "$new/tmp"
mkdir -p "$new"/mnt/{repository,out,work,bin}
mount --bind "$REPO" "$new/mnt/repository"
mount --bind "$BENCH_OUT" "$new/mnt/out"
touch "$new/mnt/bin/bun"
mount --bind "$BENCH_BUN" "$new/mnt/bin/bun"
cp "$REPO/dist/podwright" "$new/mnt/bin/podwright"
disk stores mnt/work
disk var-tmp var/tmp
chmod 1777 "$new/var/tmp"
[ ! -d "$new/var/lib/containers" ] || disk var-lib-containers var/lib/containers
for directory in etc/containers etc/docker etc/cni; do
  [ ! -d "$new/$directory" ] || mount -t tmpfs -o mode=755 tmpfs "$new/$directory"
done
mount -t proc proc "$new/proc"
mount -t sysfs sysfs "$new/sys"
mount_cgroups "$new/sys/fs/cgroup"
[ "$BENCH_ROOT" = / ] || mount --rbind /dev "$new/dev"
add_bench_user "$new" "$BENCH_WORK"
if [ "$BENCH_ROOT" != / ]; then
  # Binds are writable each for itself: the root stays as it is.
  mount -o remount,bind,ro "$new"
fi
# Podman's locks are here, under one name for all of a machine's stores.
mount -t tmpfs -o mode=1777 tmpfs "$new/dev/shm"
cd "$new"
pivot_root . .
umount -l .
cd /
hash -r

printf '{"default": [{"type": "insecureAcceptAnything"}]}\n' >/etc/containers/policy.json
cat >/etc/containers/registries.conf <<END
unqualified-search-registries = ["127.0.0.1:5000"]
[[registry]]
location = "127.0.0.1:5000"
insecure = true
END
# The same for every engine that reads it; limits as they are, for not every root may raise them.
cat >/etc/containers/containers.conf <<END
[containers]
default_ulimits = ["nofile=$(ulimit -Hn):$(ulimit -Hn)", "nproc=$(ulimit -Hu | sed s/unlimited/-1/):$(ulimit -Hu | sed s/unlimited/-1/)"]
log_driver = "k8s-file"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "${BENCH_RUNTIME:-crun}"
END
cat >/etc/containers/storage.conf <<END
[storage]
driver = "overlay"
graphroot = "/mnt/work/unused"
runroot = "/run/unused"
END
status=0
export BENCH_OUT=/mnt/out BENCH_WORK=/mnt/work PATH=$PATH:/mnt/bin
if [ "${1:-}" = --shell ]; then
  shift
  bash ${1:+-c "$*"} || status=$?
  exit "$status"
fi
/mnt/bin/bun /mnt/repository/bench/main.ts "$@" || status=$?
exit "$status"

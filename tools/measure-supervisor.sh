#!/bin/bash
# What the supervisor costs: tools/measure-supervisor.sh PODWRIGHT IMAGE [CONTAINERS], as root, in a mount and network
# namespace of its own (unshare -m -n), with a store of its own below a temporary directory. Not part of ./test.
set -euo pipefail
[ $# -ge 2 ] || { sed -n 2,3p "$0" >&2; exit 2; }
program=$1 image=$2 count=${3:-200}
work=$(mktemp -d)
trap 'engine rm -fa -t 0 >/dev/null; engine system reset -f; umount -l "$work"; rmdir "$work"' EXIT
mount --make-rprivate /
mount -t tmpfs tmpfs "$work"
engine() { "$program" --root "$work/store" --runroot "$work/run" "$@"; }
ticks() { awk '{print $14 + $15}' "/proc/$supervisor/stat"; }
# measure NAME SECONDS
measure() {
  local before
  before=$(ticks)
  sleep "$2"
  awk -v name="$1" -v used=$(($(ticks) - before)) -v hertz="$(getconf CLK_TCK)" -v seconds="$2" '
    BEGIN { printf "%s: %.2f %% of a core", name, 100 * used / hertz / seconds }
    /^(VmRSS|RssFile|VmHWM)/ { printf ", %s %.1f MB", $1, $2 / 1000 }
    END { print "" }' "/proc/$supervisor/status"
}

engine load -q -i "$image" >/dev/null
name=$(engine images --format '{{.Repository}}:{{.Tag}}' | head -n 1)
for ((i = 1; i <= count; i++)); do
  engine run -d --network none --name "c$i" --health-cmd true --health-interval 30s "$name" sleep 100000 >/dev/null
done
supervisor=$(cat "$work/run/supervisor/lock")
measure "$count containers, a check every 30 s" 60
for ((i = 1; i <= count; i++)); do engine update --health-interval 1h "c$i" >/dev/null; done
sleep 40
measure "$count containers, between checks" 60

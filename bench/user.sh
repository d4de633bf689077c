# The ordinary user of some rows: known in the root NEW alone. Sourced by bench/enter.sh.

BENCH_USER_ID=54321

# add_bench_user NEW WORK: account, ranges of ids, a runtime directory, /dev/net/tun, and an interface with a default route,
# whose addresses pasta copies.
add_bench_user() {
  local new=$1 work=$2/user file
  mkdir -p "$work"
  for file in passwd group subuid subgid; do
    cp "$new/etc/$file" "$work/$file" 2>/dev/null || : >"$work/$file"
    [ -e "$new/etc/$file" ] || return 0
    mount --bind "$work/$file" "$new/etc/$file"
  done
  echo "bench:x:$BENCH_USER_ID:$BENCH_USER_ID::/nonexistent:/bin/sh" >>"$work/passwd"
  echo "bench:x:$BENCH_USER_ID:" >>"$work/group"
  for file in subuid subgid; do echo "bench:700000:65536" >"$work/$file"; done
  mkdir -p -m 755 "$new/run/bench-user"
  if [ -e "$new/dev/net/tun" ]; then
    mknod -m 666 "$work/tun" c 10 200
    mount --bind "$work/tun" "$new/dev/net/tun"
  fi
  ip link add uplink type veth peer name outside
  ip address add 192.0.2.2/24 dev uplink
  ip link set uplink up
  ip link set outside up
  ip route add default via 192.0.2.1
  export BENCH_USER=$BENCH_USER_ID BENCH_USER_RUNTIME=/run/bench-user
}

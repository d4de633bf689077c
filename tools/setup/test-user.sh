# The ordinary user of the system tests' second pass, known in this mount namespace alone. Sourced.

# Suites that make sense for an ordinary user only, and those of root's that run a second time as one.
USERS_ALONE='150-rootless 153-user-networks 155-user-userns 156-user-storage'
USERS_TOO='010-tutorial 055-secrets 080-kube-play 090-blog-tutorial'

# add_test_user WORK: the account PODWRIGHT_TEST_USER with a home, a runtime directory, ranges of ids, and a binary within its
# reach. Exports what tests/system/user.ts and engine.ts read.
add_test_user() {
  local id=61234 file
  mkdir -p "$1/etc" "$1/home" "$1/bin"
  for file in passwd group subuid subgid; do
    cp "/etc/$file" "$1/etc/$file" 2>/dev/null || : >"$1/etc/$file"
    mount --bind "$1/etc/$file" "/etc/$file"
  done
  echo "$PODWRIGHT_TEST_USER:x:$id:$id::$1/home:/bin/bash" >>/etc/passwd
  echo "$PODWRIGHT_TEST_USER:x:$id:" >>/etc/group
  for file in subuid subgid; do echo "$PODWRIGHT_TEST_USER:700000:65536" >"/etc/$file"; done
  give_uplink
  # As udev makes it where it runs.
  mknod -m 666 "$1/tun" c 10 200
  mount --bind "$1/tun" /dev/net/tun
  if [ -e /dev/fuse ]; then
    mknod -m 666 "$1/fuse" c 10 229
    mount --bind "$1/fuse" /dev/fuse
  fi
  mkdir -p -m 755 /run/user
  mkdir -m 700 "/run/user/$id"
  cp "${PODWRIGHT_TEST_BINARY:-$REPO/dist/podwright}" "$1/bin/podwright"
  chown "$id:$id" "$1/home" "/run/user/$id"
  chmod 711 "$1"
  export PODWRIGHT_TEST_USER_IDS=$id:$id PODWRIGHT_TEST_USER_HOME=$1/home PODWRIGHT_TEST_BINARY=$1/bin/podwright
}

# The addresses that pasta copies are those of the interface with the default route.
give_uplink() {
  ip link add uplink type veth peer name outside
  ip address add 192.0.2.2/24 dev uplink
  ip link set uplink up
  ip link set outside up
  ip route add default via 192.0.2.1
}

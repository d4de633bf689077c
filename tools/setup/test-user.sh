# The ordinary user of the system tests' second pass, known in this mount namespace alone. Sourced.

# Suites that make sense for an ordinary user only.
USERS_ALONE='150-rootless 153-user-networks 154-user-ports 155-user-userns 156-user-storage 158-user-networks-apart'

# Those of root's that do not run a second time as an ordinary user, a line each, with the reason; all others do. It is
# in docs/rootless.md as well (`bun run gen`), beside the single tests that rootOnly (tests/system/user.ts) marks.
roots_alone() {
  cat <<'END'
040-ports: it looks at root's network, by its bridges and maps; a user's are in 153-user-networks and 154-user-ports
121-pause: no cgroup is delegated to the user: nothing pauses
131-live-ports: it looks at root's maps; a user's are in 153-user-networks and 154-user-ports
132-live-ports-killed: it looks at root's maps and bags of sockets, which a user has not
140-layers: layers are EROFS images there, which the kernel mounts for root alone
143-guards: it counts processes and modules of root's start; a user's has one more
151-users: it makes users of its own, and looks at root's engine beside theirs
157-users-apart: it makes users of its own, and looks at root's engine beside theirs
152-userns: it gives containers ids that are not the user's to give
990-reset: it finds what is left by cgroups and tables of root's network
END
}

# add_test_user WORK: the account PODWRIGHT_TEST_USER with a home, a runtime directory, ranges of ids, and a binary within its
# reach. Exports what tests/system/user.ts and engine.ts read.
add_test_user() {
  local id=61234 file
  # As init leaves them: what is mounted later is seen in the user's namespace.
  mount --make-rshared /
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
  : >"$1/bin/bun"
  mount --bind "$BUN" "$1/bin/bun"
  chown "$id:$id" "$1/home" "/run/user/$id"
  chmod 711 "$1"
  export PODWRIGHT_TEST_USER_IDS=$id:$id PODWRIGHT_TEST_USER_HOME=$1/home PODWRIGHT_TEST_BINARY=$1/bin/podwright
}

# The addresses that pasta copies are those of the interface with the default route; its name is the sandbox's, too.
give_uplink() {
  ip link add eth0 type veth peer name outside
  ip address add 192.0.2.2/24 dev eth0
  ip link set eth0 up
  ip link set outside up
  ip route add default via 192.0.2.1
}

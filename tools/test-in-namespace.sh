#!/bin/bash
# Runs the system tests in a network, mount and process namespace of their own: what they leave behind is theirs.
# usage: tools/test-in-namespace.sh WORK BUN IMAGES [bun test's arguments]
set -euo pipefail
REPO=$(cd "$(dirname "$0")/.." && pwd)

if [ "${PODWRIGHT_TEST_INSIDE:-}" != yes ]; then
  # Only what the tests need comes along; nothing of the caller's session.
  exec env -i PATH="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" HOME="${HOME:-/root}" LANG=C.UTF-8 \
    PODWRIGHT_TEST_INSIDE=yes ${PODWRIGHT_TEST_BINARY:+PODWRIGHT_TEST_BINARY="$PODWRIGHT_TEST_BINARY"} \
    ${PODWRIGHT_TEST_FLAGS:+PODWRIGHT_TEST_FLAGS="$PODWRIGHT_TEST_FLAGS"} \
    ${PODWRIGHT_CACHE:+PODWRIGHT_CACHE="$PODWRIGHT_CACHE"} \
    ${PODWRIGHT_TEST_USER:+PODWRIGHT_TEST_USER="$PODWRIGHT_TEST_USER"} \
    unshare --mount --propagation private --net --pid --fork --kill-child --mount-proc "$0" "$@"
fi

WORK=$1 BUN=$2 IMAGES=$3
shift 3
. "$REPO/tools/setup/all.sh"
. "$REPO/tools/setup/test-user.sh"

ip link set lo up
mount -t tmpfs -o mode=755 tmpfs /run
mount -t tmpfs -o mode=755 tmpfs /etc/containers
echo '{"default": [{"type": "insecureAcceptAnything"}]}' >/etc/containers/policy.json

[ -z "${PODWRIGHT_TEST_USER:-}" ] || add_test_user "$WORK"
# What the tests push is not kept, and another pass does not see it.
mkdir "$WORK/registry"
mount -t tmpfs tmpfs "$WORK/registry"
mkdir "$WORK/registry/pushed" "$WORK/registry/work" "$WORK/registry/storage"
if mount -t overlay overlay "$WORK/registry/storage" \
  -o "lowerdir=$IMAGES,upperdir=$WORK/registry/pushed,workdir=$WORK/registry/work"; then IMAGES=$WORK/registry/storage; fi
start_registry "$IMAGES" "$WORK"
export PODWRIGHT_TEST_WORK=$WORK PODWRIGHT_TEST_REGISTRY=127.0.0.1:$REGISTRY_PORT PODWRIGHT_TEST_REGISTRY_PID=$REGISTRY_PID
export PODWRIGHT_TEST_REGISTRY_PROGRAM=$REGISTRY_PROGRAM
status=0
(cd "$REPO" && "$BUN" test "$@") || status=$?
exit "$status"

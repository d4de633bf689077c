#!/bin/sh
# Runs redis-server as the user redis, who then owns the data directory; options alone mean redis-server.
set -e
case ${1:-} in
-* | *.conf) set -- redis-server "$@" ;;
esac
if [ "${1:-}" = redis-server ] && [ "$(id -u)" = 0 ]; then
  chown -R redis:redis .
  exec setpriv --reuid redis --regid redis --init-groups "$@"
fi
exec "$@"

#!/bin/bash
# Starts PostgreSQL as the user postgres; on an empty data directory it first makes a cluster there.
set -Eeuo pipefail
shopt -s nullglob

SCRIPTS=/docker-entrypoint-initdb.d

main() {
  [[ ${1:-} != -* ]] || set -- postgres "$@"
  [ "${1:-}" = postgres ] && ! asks_for_information "$@" || exec "$@"
  if [ "$(id -u)" = 0 ]; then
    give_to_postgres "$PGDATA" 700
    give_to_postgres /var/run/postgresql 3775
    export HOME=/var/lib/postgresql
    exec setpriv --reuid postgres --regid postgres --init-groups "${BASH_SOURCE[0]}" "$@"
  fi
  mkdir -p "$PGDATA"
  chmod 700 "$PGDATA" 2>/dev/null || true
  # A cluster is made beside its place and moved there when it is whole: a container that is killed at its first
  # start begins anew at its next, instead of running half a cluster.
  [ ! -d "$PGDATA/.made" ] || move_in
  if [ -s "$PGDATA/PG_VERSION" ]; then
    say "the data directory $PGDATA holds a cluster, which is kept as it is"
  else
    make_cluster "${@:2}"
    move_in
  fi
  exec "$@"
}

asks_for_information() {
  local word
  for word; do
    case $word in '-?' | --help | -V | --version | --describe-config | -C) return ;; esac
  done
  return 1
}

give_to_postgres() {
  mkdir -p "$1"
  find "$1" ! -user postgres -exec chown postgres:postgres {} +
  chmod "$2" "$1"
}

make_cluster() {
  local work=$PGDATA/.making
  take POSTGRES_PASSWORD
  take POSTGRES_USER
  take POSTGRES_DB
  take POSTGRES_INITDB_ARGS
  local user=${POSTGRES_USER:-postgres} method=${POSTGRES_HOST_AUTH_METHOD:-}
  local database=${POSTGRES_DB:-$user} password=${POSTGRES_PASSWORD:-}
  if [ -z "$password" ] && [ "$method" != trust ]; then
    die "a new database needs a password for its superuser \"$user\":" \
      "set POSTGRES_PASSWORD, or POSTGRES_PASSWORD_FILE to a file that holds it." \
      "With POSTGRES_HOST_AUTH_METHOD=trust everybody who reaches the port may do everything, without a password."
  fi
  rm -rf "$work"
  mkdir -m 700 "$work"
  run_initdb "$work" "$user" "$password" "$method"
  printf '\nhost all all all %s\n' "${method:-scram-sha-256}" >>"$work/pg_hba.conf"
  if [ "$database" != postgres ] || [ -n "$(echo "$SCRIPTS"/*)" ]; then
    fill_cluster "$work" "$user" "$database" "$@"
  fi
  mv "$work" "$PGDATA/.made"
}

# take NAME: sets NAME from the file that NAME_FILE names, such as a mounted secret.
take() {
  local name=$1 file=${1}_FILE
  [ -n "${!file:-}" ] || return 0
  [ -z "${!name:-}" ] || die "$name and $file are both set: one of them is to go"
  [ -r "${!file}" ] || die "$file names ${!file}, which cannot be read"
  export "$name=$(<"${!file}")"
  unset "$file"
}

run_initdb() {
  local work=$1 user=$2 password=$3 host=${4:-scram-sha-256}
  local -a options=(--pgdata="$work" --username="$user" --auth-local=trust --auth-host="$host")
  # Read as a shell reads it, for it may hold quoted words.
  eval "options+=(${POSTGRES_INITDB_ARGS:-})"
  [ -z "$password" ] || options+=(--pwfile=/dev/fd/3)
  initdb "${options[@]}" 3<<<"$password"
}

# With a server that only this script reaches: the database that was asked for, then the scripts.
fill_cluster() {
  local work=$1 user=$2 database=$3 file
  shift 3
  export PGHOST=/var/run/postgresql PGUSER=$user PGDATABASE=postgres PGPASSWORD=
  PGDATA=$work pg_ctl --silent --wait start -o "$(printf '%q ' "$@" -c listen_addresses= -p "${PGPORT:-5432}")"
  if [ "$database" != postgres ]; then
    run_sql --set=name="$database" <<<'CREATE DATABASE :"name";'
  fi
  export PGDATABASE=$database
  for file in "$SCRIPTS"/*; do PGDATA=$work run_script "$file"; done
  PGDATA=$work pg_ctl --silent --wait --mode=fast stop
  unset PGHOST PGUSER PGDATABASE PGPASSWORD
}

run_script() {
  say "running $1"
  case $1 in
  *.sh) if [ -x "$1" ]; then "$1"; else . "$1"; fi ;;
  *.sql) run_sql --file="$1" ;;
  *.sql.gz) gunzip --stdout "$1" | run_sql ;;
  *) say "left out $1: not a .sh, .sql or .sql.gz file" ;;
  esac
}

run_sql() {
  psql --no-psqlrc --no-password --quiet --set=ON_ERROR_STOP=1 "$@"
}

# Each move is a rename; what an earlier start of the container has moved is no longer there.
move_in() {
  local entry
  shopt -s dotglob
  for entry in "$PGDATA/.made"/*; do mv "$entry" "$PGDATA/"; done
  rmdir "$PGDATA/.made"
}

say() {
  printf 'docker-entrypoint.sh: %s\n' "$*"
}

die() {
  printf 'Error: %s\n' "$1" >&2
  shift
  [ $# = 0 ] || printf '  %s\n' "$@" >&2
  exit 1
}

main "$@"

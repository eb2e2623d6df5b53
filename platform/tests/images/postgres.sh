#!/usr/bin/env bash
# Starts PostgreSQL as the official image does, with the same variables: first start makes the cluster, the user and the
# database and runs /docker-entrypoint-initdb.d; every start ends in a server that is not root's.
set -Eeo pipefail

# The value of variable $1, or of the file that $1_FILE names, or $2.
file_env() {
  local name=$1 file="${1}_FILE"
  if [ -n "${!name:-}" ] && [ -n "${!file:-}" ]; then
    echo >&2 "error: both $name and $file are set"
    exit 1
  fi
  if [ -n "${!file:-}" ]; then
    export "$name=$(<"${!file}")"
  else
    export "$name=${!name:-${2:-}}"
  fi
  unset "$file"
}

make_directories() {
  mkdir -p "$PGDATA"
  chmod 700 "$PGDATA" || :
  if [ -n "${POSTGRES_INITDB_WALDIR:-}" ]; then
    mkdir -p "$POSTGRES_INITDB_WALDIR"
    chmod 700 "$POSTGRES_INITDB_WALDIR"
  fi
  if [ "$(id -u)" = 0 ]; then
    local place
    for place in "$PGDATA" ${POSTGRES_INITDB_WALDIR:+"$POSTGRES_INITDB_WALDIR"} /run/postgresql; do
      find "$place" ! -user postgres -exec chown postgres:postgres {} +
    done
  fi
}

check_settings() {
  if [ -z "$POSTGRES_PASSWORD" ] && [ "${POSTGRES_HOST_AUTH_METHOD:-}" != trust ]; then
    echo >&2 "Error: Database is uninitialized and superuser password is not specified."
    echo >&2 "       You must specify POSTGRES_PASSWORD to a non-empty value for the superuser."
    exit 1
  fi
}

# POSTGRES_INITDB_ARGS is several arguments in one variable, quoted as for a shell.
make_cluster() {
  local more=()
  # shellcheck disable=SC2034 # read by what is evaluated
  [ -z "${POSTGRES_INITDB_WALDIR:-}" ] || more=(--waldir "$POSTGRES_INITDB_WALDIR")
  eval 'initdb --username="$POSTGRES_USER" --pwfile=<(printf "%s\n" "$POSTGRES_PASSWORD") "${more[@]}" '"${POSTGRES_INITDB_ARGS:-}"
  printf '\nhost all all all %s\n' "${POSTGRES_HOST_AUTH_METHOD:-$(postgres -C password_encryption)}" >>"$PGDATA/pg_hba.conf"
}

run_sql() {
  PGHOST='' PGHOSTADDR='' psql -v ON_ERROR_STOP=1 --no-psqlrc --username "$POSTGRES_USER" --no-password "$@"
}

make_database() {
  local there
  there=$(run_sql --dbname postgres -v db="$POSTGRES_DB" --tuples-only <<<"SELECT 1 FROM pg_database WHERE datname = :'db';")
  [ -n "$there" ] || run_sql --dbname postgres -v db="$POSTGRES_DB" <<<'CREATE DATABASE :"db";'
}

run_files() {
  local file
  # shellcheck source=/dev/null
  for file in /docker-entrypoint-initdb.d/*; do
    echo "$0: running $file"
    case $file in
      *.sh) if [ -x "$file" ]; then "$file"; else . "$file"; fi ;;
      *.sql) run_sql --dbname "$POSTGRES_DB" -f "$file" ;;
      *.sql.gz) gunzip -c "$file" | run_sql --dbname "$POSTGRES_DB" ;;
      *) echo "$0: ignoring $file" ;;
    esac
  done
}

first_start() {
  file_env POSTGRES_PASSWORD
  file_env POSTGRES_USER postgres
  file_env POSTGRES_DB "$POSTGRES_USER"
  file_env POSTGRES_INITDB_ARGS
  check_settings
  make_cluster
  # Reached through the socket alone, so that nobody takes the half-made database for the ready one.
  shift
  PGUSER=$POSTGRES_USER pg_ctl -D "$PGDATA" -o "$(printf '%q ' "$@" -c listen_addresses=)" -w start
  make_database
  PGPASSWORD=$POSTGRES_PASSWORD run_files
  PGUSER=$POSTGRES_USER pg_ctl -D "$PGDATA" -m fast -w stop
  unset POSTGRES_PASSWORD
  printf '\nPostgreSQL init process complete; ready for start up.\n\n'
}

shopt -s nullglob
[ "${1:0:1}" != - ] || set -- postgres "$@"
if [ "$1" = postgres ]; then
  make_directories
  if [ "$(id -u)" = 0 ]; then
    exec /usr/bin/setpriv --reuid postgres --regid postgres --clear-groups "${BASH_SOURCE[0]}" "$@"
  fi
  if [ -s "$PGDATA/PG_VERSION" ]; then
    echo 'PostgreSQL Database directory appears to contain a database; Skipping initialization'
  else
    first_start "$@"
  fi
fi
exec "$@"

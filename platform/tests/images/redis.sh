#!/bin/sh
# Starts redis as the official image does: options alone mean the server, and the server does not run as root.
set -e

if [ "${1#-}" != "$1" ] || [ "${1%.conf}" != "$1" ]; then
  set -- redis-server "$@"
fi

if [ "$1" = redis-server ] && [ "$(id -u)" = 0 ]; then
  find . ! -user redis -exec chown redis:redis {} +
  # With its path: by name this shell runs the tool of its own, which cannot do it.
  exec /usr/bin/setpriv --reuid redis --regid redis --clear-groups "$0" "$@"
fi

# The official server is built to answer other containers; Debian's has to be told.
if [ "$1" = redis-server ]; then
  case " $* " in
    *protected-mode*) ;;
    *" --bind "* | *.conf*) set -- "$@" --protected-mode no ;;
    *) set -- "$@" --protected-mode no --bind '* -::*' ;;
  esac
fi

[ "$(umask)" != 0022 ] || umask 0077
exec "$@"

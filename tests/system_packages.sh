#!/bin/sh
# The tests run a real PostgreSQL of their own. Installs its server where it is missing, without starting one.
set -eu

found=$(ls -d /usr/lib/postgresql/*/bin/initdb 2>/dev/null || command -v initdb || true)
[ -n "$found" ] && exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo "The tests need PostgreSQL's server programs (initdb, pg_ctl). On Debian or Ubuntu: sudo apt-get install postgresql" >&2
  exit 1
fi
mkdir -p /etc/postgresql-common
[ -f /etc/postgresql-common/createcluster.conf ] || echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends postgresql

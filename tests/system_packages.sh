#!/bin/sh
# The tests run a PostgreSQL and an nginx of their own, a real browser, and Java, which reads exported PMML. Installs what
# is missing of them, with libfaketime, and starts no server.
set -eu

missing=""
found=$(ls -d /usr/lib/postgresql/*/bin/initdb 2>/dev/null || command -v initdb || true)
[ -n "$found" ] || missing="$missing postgresql"
# Where a user is not root, sbin is often not in the path.
nginx=$(command -v nginx || ls /usr/sbin/nginx 2>/dev/null || true)
command -v chromium >/dev/null || missing="$missing chromium"
command -v java >/dev/null || missing="$missing default-jre-headless"
ls /usr/lib/*/faketime/libfaketimeMT.so.1 >/dev/null 2>&1 || missing="$missing faketime"
[ -n "$nginx" ] || missing="$missing nginx-light"
[ -z "$missing" ] && exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo "The tests need PostgreSQL's server programs (initdb, pg_ctl), Chromium (chromium), Java, libfaketime and nginx. On Debian or Ubuntu: sudo apt-get install$missing" >&2
  exit 1
fi
mkdir -p /etc/postgresql-common
[ -f /etc/postgresql-common/createcluster.conf ] || echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
# Debian starts a server with its installation, unless this file forbids it.
if [ ! -e /usr/sbin/policy-rc.d ]; then
  trap 'rm -f /usr/sbin/policy-rc.d' EXIT
  printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
  chmod +x /usr/sbin/policy-rc.d
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086
apt-get install -y -qq --no-install-recommends $missing
# Nor does one start with the machine's next start because of the tests.
[ -n "$nginx" ] || ! command -v systemctl >/dev/null || systemctl disable --quiet nginx

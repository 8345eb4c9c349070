#!/usr/bin/env bash
# Tries two releases of the Debian package on a host of its own (debian-host.sh), with systemd as process 1: install, the unit's
# restrictions, reload, watchdog, upgrade, remove, purge. Prints a line for each thing that holds; ends at the first that does
# not, with status 1.
#
#   debian-package.sh OLD.deb NEW.deb [ROOT]     ROOT: a Debian with what the package depends on; default: this machine's /
#
# With the packages of Postfix in ROOT/opt/postfix, Postfix is installed after Screening. Exit status 77: this machine cannot run such
# a host; standard error says what it lacks.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
old=$(realpath "${1:?the old package}") new=$(realpath "${2:?the new package}") root=${3:-/}
state=$(mktemp -d)
readonly here old new root state sockets=/var/spool/postfix/screening

export HOST_OWNER=$$

host() { "$here/debian-host.sh" run "$state" "$@"; }

# shellcheck disable=SC2317 # run by the trap
clean_up() {
    local status=$?
    if ((status && status != 77)); then host journalctl -u screening --no-pager -n 40 >&2 || true; fi
    "$here/debian-host.sh" down "$state" || true
    rm -rf "$state"
    exit "$status"
}
trap clean_up EXIT

fail() {
    echo "debian-package.sh: $*" >&2
    exit 1
}

holds() { # WORDS COMMAND...
    local words=$1
    shift
    "$@" || fail "does not hold: $words ($*)"
    echo "ok: $words"
}

until_holds() { # WORDS COMMAND...
    local words=$1 end=$((SECONDS + 60))
    shift
    while ((SECONDS < end)); do
        if "$@" >/dev/null 2>&1; then
            echo "ok: $words"
            return
        fi
        sleep 0.1
    done
    fail "not seen within a minute: $words ($*)"
}

unit() { host systemctl show screening.service --value -p "$1"; }
is() { [[ $1 == "$2" ]] || { echo "$1, not $2" >&2 && return 1; }; }
unit_is() { is "$(unit "$1")" "$2"; }
main_is_not() { [[ $(unit MainPID) != "$1" && $(unit MainPID) != 0 ]]; }
host_has() { host test -e "$1"; }
host_lacks() { host test ! -e "$1"; }
mode_is() { is "$(host stat -c '%U:%G %a' "$1")" "$2"; }
# By its address, because a command without it reads the configuration, which is faulty for a while below.
answers() { host screening check --node http://127.0.0.1:10080 192.0.2.10 >/dev/null; }
knows() { host screening cache show "$1" | grep -q "$2"; }
install_package() { # FILE [ACTION]
    cp "$1" "/proc/$(pgrep -P "$(<"$state/keeper")" -o)/root/tmp/screening.deb"
    host dpkg "${2:---install}" /tmp/screening.deb
}
set_up() { "$here/debian-host.sh" up "$state" "$root"; }
process_says() { host sh -c "grep -q '$1' /proc/$(unit MainPID)/status"; }

# Runs a command where the node lives: its user, its mounts, its limits on families and calls excepted.
as_node() { host nsenter -t "$(unit MainPID)" -m setpriv --reuid screening --regid screening --clear-groups "$@"; }
not_as_node() { ! as_node "$@" 2>/dev/null; }

set_up || exit 77
echo 'ok: systemd starts as process 1'
holds 'the package installs' install_package "$old"
holds 'the service is enabled' host systemctl is-enabled --quiet screening
until_holds 'the service is active' unit_is ActiveState active
until_holds 'a door answers' answers
holds 'only root and the node read the configuration' mode_is /etc/screening 'root:screening 750'
holds 'the data is the node'\''s' mode_is /var/lib/screening 'screening:screening 750'
holds 'the shipped configuration has no fault' host screening config check /etc/screening/screening.toml
holds 'systemd understands all of the unit' bash -c '! grep -E "Unknown|Failed to parse|ignoring"' \
    <(host systemd-analyze verify --man=no /usr/lib/systemd/system/screening.service 2>&1)

holds 'the node has no capability' process_says 'CapEff:[[:space:]]*0000000000000000'
holds 'the node cannot get one' process_says 'NoNewPrivs:[[:space:]]*1'
holds 'its system calls are filtered' process_says 'Seccomp:[[:space:]]*2'
holds 'it writes its data' as_node touch /var/lib/screening/probe
holds 'it removes its data' as_node rm /var/lib/screening/probe
holds 'it cannot write its configuration' not_as_node touch /etc/screening/probe
holds 'it cannot write its program' not_as_node touch /usr/lib/screening/probe
holds 'its /tmp is its own' not_as_node test -e /tmp/screening.deb
holds 'it sees no home' not_as_node ls /root

if [[ -d $root/opt/postfix ]]; then
    holds 'without Postfix there is no folder for its sockets' host_lacks "$sockets"
    holds 'Postfix installs' host sh -c 'DEBIAN_FRONTEND=noninteractive dpkg --install /opt/postfix/*.deb >/dev/null 2>&1'
fi
holds 'Postfix gets a folder for its sockets' mode_is "$sockets" 'screening:postfix 2750'
# The package of Postfix has a configuration only if it was asked for one.
host sh -c 'cd /etc/postfix && { [ -e main.cf ] || { cp /usr/share/postfix/main.cf.debian main.cf && cp master.cf.proto master.cf; }; }'
holds 'Postfix finds nothing wrong' host postfix -c /etc/postfix check

host sed -i 's/^#dnsblog/dnsblog/' /etc/screening/screening.toml
host systemctl restart screening
until_holds 'the socket is Postfix'\''s to open' mode_is "$sockets/dnsblog" 'screening:postfix 660'
holds 'the unprivileged user of Postfix can' host setpriv --reuid postfix --regid postfix --clear-groups test -w "$sockets/dnsblog"

host sh -c "printf '\n[verdict]\nenforce_at = 4\n' >>/etc/screening/screening.toml"
host systemctl reload screening
until_holds 'systemd was told that the reload is done' host sh -c 'journalctl -u screening | grep -q "Reloaded screening.service"'
until_holds 'systemctl reload reads the configuration' host sh -c 'journalctl -u screening | grep -q "Configuration reloaded"'
until_holds 'the service is active after it' unit_is ActiveState active
# Status 1: it holds, and is stored as soon as the disk lets it be. Status 3, on a busy machine: a part did not answer yet.
changes() { host screening cache "$@" --ttl 1d --reason 'tried by hand' || is $? 1; }
all_is_stored() { host screening status --json | grep -Eq '"store":{[^}]*"ok":true[^}]*"queued":0'; }
until_holds 'a client is banned' changes ban 198.51.100.23
until_holds 'a client is granted' changes grant 192.0.2.7
until_holds 'ban and grant are stored' all_is_stored

# A process that is stopped says nothing to the watchdog, and cannot follow SIGABRT: it is killed when the stop times out.
host sh -c 'mkdir -p /run/systemd/system/screening.service.d
    printf "[Service]\nWatchdogSec=2\nTimeoutAbortSec=1\n" >/run/systemd/system/screening.service.d/quick.conf
    systemctl daemon-reload && systemctl restart screening'
hung=$(unit MainPID)
host kill -STOP "$hung"
until_holds 'the watchdog ends a node that hangs' host sh -c 'journalctl -u screening | grep -q "Watchdog timeout"'
until_holds 'a node that hung is started again' main_is_not "$hung"
host rm -r /run/systemd/system/screening.service.d
host systemctl daemon-reload
until_holds 'the service is active again' unit_is ActiveState active

before=$(unit MainPID)
holds 'the new package unpacks' install_package "$new" --unpack
until_holds 'the old program answers until the new one is configured' answers
holds 'it is still the old process' unit_is MainPID "$before"
holds 'the new package is configured' host dpkg --configure screening
until_holds 'the new program runs' main_is_not "$before"
until_holds 'the service is active after the upgrade' unit_is ActiveState active
until_holds 'a door answers after the upgrade' answers
holds 'the configuration is kept' host grep -q 'enforce_at = 4' /etc/screening/screening.toml
until_holds 'the ban is kept' knows 198.51.100.23 ban
until_holds 'the grant is kept' knows 192.0.2.7 grant

host sh -c 'echo "enforce_att = 4" >>/etc/screening/screening.toml'
before=$(unit MainPID)
holds 'an upgrade with a faulty configuration succeeds' install_package "$new"
holds 'and leaves the node running' unit_is MainPID "$before"
until_holds 'which answers' answers
host sed -i '/enforce_att/d' /etc/screening/screening.toml

holds 'the package is removed' host dpkg --remove screening
holds 'the service is gone' host sh -c '! systemctl is-active --quiet screening'
holds 'the configuration stays' host_has /etc/screening/screening.toml
holds 'the data stays' host_has /var/lib/screening/whitelist.db
holds 'Postfix finds nothing wrong then' host postfix -c /etc/postfix check
holds 'the package installs again' install_package "$new"
until_holds 'the ban is known again' knows 198.51.100.23 ban

read -r user group < <(host sh -c 'echo $(id -u screening) $(id -g screening)')
holds 'the package is purged' host dpkg --purge screening
# What was removed is a character device among the changes.
left=$(find "$state/changes" ! -type c \( -name '*screening*' -o -uid "$user" -o -gid "$group" \) -printf '/%P\n')
holds 'no file is left' is "$left" ''
holds 'no user is left' host sh -c '! getent passwd screening && ! getent group screening'
holds 'no link to the unit is left' host sh -c '! ls /etc/systemd/system/*/screening.service 2>/dev/null'
holds 'Postfix is as it was' host postfix -c /etc/postfix check

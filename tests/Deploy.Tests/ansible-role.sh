#!/usr/bin/env bash
# Runs the Ansible role twice on a host of its own (debian-host.sh) that is mail exchanger and database at once, with Ansible on the
# same host. The second run must change nothing, and the node must be up with its database.
#
#   ansible-role.sh PACKAGE.deb
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
package=$(realpath "${1:?the package}")
state=$(mktemp -d)
readonly here package state name=mx1.example.com address=192.0.2.1

export HOST_OWNER=$$

host() { "$here/debian-host.sh" run "$state" "$@"; }

# shellcheck disable=SC2317 # run by the trap
clean_up() {
    local status=$?
    if ((status)); then host journalctl -u screening -u postgresql --no-pager -n 40 >&2 || true; fi
    "$here/debian-host.sh" down "$state" || true
    rm -rf "$state"
    exit "$status"
}
trap clean_up EXIT

fail() {
    echo "ansible-role.sh: $*" >&2
    exit 1
}

certificates() { # FOLDER
    mkdir -p "$1"
    openssl req -x509 -newkey rsa:2048 -nodes -keyout "$1/ca.key" -out "$1/ca.pem" -days 2 -subj '/CN=fleet' \
        -addext basicConstraints=critical,CA:TRUE 2>/dev/null
    openssl req -newkey rsa:2048 -nodes -keyout "$1/$name.key" -out "$1/$name.csr" -subj "/CN=$name" 2>/dev/null
    openssl x509 -req -in "$1/$name.csr" -CA "$1/ca.pem" -CAkey "$1/ca.key" -CAcreateserial -days 2 -out "$1/$name.pem" \
        -extfile <(printf 'subjectAltName=DNS:%s\nextendedKeyUsage=serverAuth,clientAuth\n' "$name") 2>/dev/null
}

play() { # prints Ansible's output; the recap is its end
    host sh -c 'cd /tmp/ansible && LC_ALL=C.UTF-8 ANSIBLE_NOCOLOR=1 ANSIBLE_FORKS=1 ansible-playbook -i hosts.yaml -c local site.yaml'
}

"$here/debian-host.sh" up "$state"
host ip address add "$address/32" dev lo
host sh -c "echo '$address $name db.example.com' >>/etc/hosts"
host sh -c 'cd /etc/postfix && { [ -e main.cf ] || { cp /usr/share/postfix/main.cf.debian main.cf && cp master.cf.proto master.cf; }; }'
inside=/proc/$(pgrep -P "$(<"$state/keeper")" -o)/root/tmp
cp -r "$here/../../deploy/ansible" "$inside/ansible"
mkdir -p "$inside/ansible/files"
cp "$package" "$inside/ansible/files/screening.deb"
certificates "$inside/ansible/files/certificates"
# The example's variables, with one host in place of four.
awk -v name="$name" -v address="$address" '
    /^ +mx[123]\.example\.com:/ { if (!mx++) printf "        %s: {screening_address: %s}\n", name, address; next }
    /^ +db\.example\.com:/ { printf "        db.example.com: {screening_address: %s}\n", address; next }
    /screening_database_access:/ { sub(/hostssl/, "host") }
    /screening_database_ssl_mode:/ { sub(/Require/, "Prefer") }
    /screening_postfix:/ { sub(/false/, "true") }
    { print }' "$here/../../deploy/ansible/inventory.yaml" >"$inside/ansible/hosts.yaml"
# Postfix runs, so that it can be reloaded.
host postfix start >/dev/null 2>&1 || true

play
again=$(play)
echo "$again" | sed -n '/PLAY RECAP/,$p'
[[ $(grep -c 'changed=0 .*unreachable=0 .*failed=0' <<<"$again") == 2 ]] || fail "the second run changes something:
$again"
echo 'ok: the second run changes nothing'
for _ in {1..300}; do
    status=$(host screening status --json || true)
    if grep -q '"rung":0' <<<"$status" && grep -q '"provider":"postgresql","ok":true' <<<"$status"; then
        echo 'ok: the node is up, with its database'
        host grep -q '^dnsblog_service_name = ../screening/dnsblog' /etc/postfix/main.cf && echo 'ok: Postfix asks it'
        exit 0
    fi
    sleep 0.2
done
fail "not up with its database within a minute: $status"

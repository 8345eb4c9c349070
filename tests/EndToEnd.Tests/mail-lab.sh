#!/usr/bin/env bash
# Two unpatched Postfix, mx1 and mx2, in a private network, each with a node of one fleet beside it, real lists and p0f behind them: to look
# at and to break. Needs root, the .NET SDK, and Debian's postfix, rbldnsd, p0f, iproute2 and socat.
#
#   mail-lab.sh up [DOOR ...]        the doors that both Postfix use, of dnsblog dnsbl memcache policy; else dnsblog, memcache and policy
#   mail-lab.sh send MX CLIENT       CLIENT, 192.0.2.10 to 192.0.2.59 or 2001:db8::10 to 2001:db8::19, sends a mail to mx1 or mx2
#   mail-lab.sh log MX               what Postfix logged
#   mail-lab.sh node MX ARGS ...     a command to the node, as: mail-lab.sh node mx2 check 192.0.2.10 --explain
#   mail-lab.sh freeze MX            SIGSTOP to the node        mail-lab.sh thaw MX    SIGCONT
#   mail-lab.sh down                 ends all of it
#
# 192.0.2.10 and 2001:db8::10 are on a blocklist, 192.0.2.11 on an allowlist, 192.0.2.14 on a list that is not enough by itself.
# State lies in $MAIL_LAB, by default a folder of the user's in /tmp.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
lab=${MAIL_LAB:-${TMPDIR:-/tmp}/screening-mail-lab-$(id -u)}
program=$root/tests/Benchmarks/bin/Release/net10.0/Screening.Benchmarks.dll

fail() { echo "mail-lab.sh: $*" >&2; exit 2; }
word() { sed -n "s|^$1 ||p" "$lab/out" 2>/dev/null | grep . || fail "there is no $1; mail-lab.sh up starts the laboratory"; }
runs() { [[ -e $lab/pid ]] && kill -0 "$(cat "$lab/pid")" 2>/dev/null; }

up() {
    runs && fail "$lab is up already; mail-lab.sh down ends it"
    [[ $# -gt 0 ]] || set -- dnsblog memcache policy
    [[ -e $program ]] || dotnet build "$root/tests/Benchmarks" -c Release -v quiet --nologo
    mkdir -p "$lab"
    setsid dotnet "$program" mail-lab "$@" >"$lab/out" 2>&1 </dev/null &
    echo $! >"$lab/pid"
    until grep -qx ready "$lab/out"; do
        runs || { cat "$lab/out" >&2; rm -rf "$lab"; exit 1; }
        sleep 0.2
    done
    echo "up: mx1 at 192.0.2.1 and 2001:db8::1, mx2 at 192.0.2.2 and 2001:db8::2, doors $*"
}

# A client that waits for each reply, as it should.
send() { # MX CLIENT
    local at=1 reply='' inside
    inside=$(word client.namespace)
    [[ $1 == mx2 ]] && at=2
    local to=192.0.2.$at from=$2 kind=TCP4
    [[ $from != *:* ]] || { to="[2001:db8::$at]" from="[$from]" kind=TCP6; }
    coproc client { ip netns exec "$inside" socat - "$kind:$to:25,bind=$from,crlf"; }
    for line in '' 'EHLO client.example.net' 'MAIL FROM:<sender@example.net>' 'RCPT TO:<recipient@example.com>' DATA $'Subject: laboratory\n\nHello.\n.' QUIT; do
        # Whoever is refused has only to say good-bye.
        [[ $reply != [45]* || $line == QUIT ]] || continue
        [[ -z $line ]] || { echo "> ${line//$'\n'/ | }"; echo "$line" >&"${client[1]}"; }
        while IFS= read -r -t 20 reply <&"${client[0]}"; do
            reply=${reply%$'\r'}
            echo "< $reply"
            [[ ${reply:3:1} == - ]] || break
        done
        [[ $reply != 521* ]] || break
    done
}

case ${1-} in
    up) shift; up "$@" ;;
    send) send "$2" "$3" ;;
    log) cat "$(word "$2.log")" ;;
    node) socket=$(word "$2.http"); shift 2; dotnet "$root/tests/Benchmarks/bin/Release/net10.0/screening.dll" "$@" --node "unix://$socket" ;;
    freeze) kill -STOP "$(word "$2.pid")" ;;
    thaw) kill -CONT "$(word "$2.pid")" ;;
    down)
        runs || fail "nothing is up in $lab"
        kill "$(cat "$lab/pid")"
        while runs; do sleep 0.2; done
        rm -rf "$lab" ;;
    *) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0"; exit 2 ;;
esac

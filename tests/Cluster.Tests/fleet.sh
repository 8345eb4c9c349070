#!/usr/bin/env bash
# A fleet on this machine's loopback addresses, to look at and to break. Needs the .NET SDK and curl; a database is optional.
#
#   fleet.sh up N [SETTING ...]   starts N nodes mx1..mxN; SETTING is what --set takes, as store.provider=postgresql
#   fleet.sh status               one line for each node
#   fleet.sh ask NAME ADDRESS     asks a node's plug-in about a client
#   fleet.sh run NAME ARGS...     runs a command against a node, as: fleet.sh run mx1 cache list
#   fleet.sh kill NAME            kill -9        fleet.sh stop NAME    SIGTERM
#   fleet.sh freeze NAME          SIGSTOP        fleet.sh thaw NAME    SIGCONT
#   fleet.sh start NAME           starts it again
#   fleet.sh log NAME             what it wrote
#   fleet.sh down                 ends all and removes the folder
#
# State lies in $FLEET_LAB, by default a folder of the user's in /tmp. Only processes that it started itself are ended.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
lab=${FLEET_LAB:-${TMPDIR:-/tmp}/screening-fleet-$(id -u)}
program=$root/src/Node/bin/Release/net10.0/screening.dll

# A check that lets everybody pass, in the plug-in protocol. The shell that runs it expands it, not this one.
# shellcheck disable=SC2016
readonly pass_everybody='custom=[{ name = "pass", command = ["/bin/sh", "-c", "while read -r l; do case $l in query_id=*) q=$l;; \"\") printf \"%s\\naction=pass\\nttl=600\\n\\n\" \"$q\";; esac; done"] }]'

fail() { echo "fleet.sh: $*" >&2; exit 2; }
pid_of() { cat "$lab/$1/pid" 2>/dev/null || fail "there is no node $1 in $lab"; }
names() { (cd "$lab" 2>/dev/null && ls -d mx* 2>/dev/null) || true; }

start() {
    local folder=$lab/$1 settings=()
    mapfile -t settings <"$folder/settings"
    dotnet "$program" run "${settings[@]}" >>"$folder/log" 2>&1 &
    echo $! >"$folder/pid"
}

up() {
    local count=$1 seeds='' i
    shift
    [[ ! -e $lab ]] || fail "$lab is there already; fleet.sh down removes it"
    [[ -e $program ]] || dotnet build "$root/src/Node" -c Release -v quiet --nologo
    for ((i = 1; i <= count; i++)); do seeds+="${seeds:+, }\"127.0.53.$i:4053\""; done
    for ((i = 1; i <= count; i++)); do
        local folder=$lab/mx$i setting
        mkdir -p "$folder/data"
        for setting in "node.name=mx$i" "node.data_dir=$folder/data" "cluster.listen=127.0.53.$i:4053" "cluster.seeds=[$seeds]" \
            cluster.insecure=true store.provider=memory "endpoints.plugin=[\"tcp://127.0.53.$i:10025\"]" "endpoints.http=[\"tcp://127.0.53.$i:10080\", \"unix://$folder/http\"]" \
            'endpoints.policy=[]' 'endpoints.dnsbl=[]' 'endpoints.memcache=[]' 'access.permit=[]' \
            "$pass_everybody" "$@"; do
            printf '%s\n' --set "$setting"
        done >"$folder/settings"
        start "mx$i"
    done
    echo "$count nodes start in $lab; fleet.sh status shows them"
}

status() {
    local name
    for name in $(names); do
        printf '%s ' "$name"
        dotnet "$program" status --node "unix://$lab/$name/http" 2>&1 | sed -n '1p; /^  degraded/p; /^  member/p; /^  cluster/p; /^  store/p' || true
    done
}

case ${1-} in
    up) shift; [[ ${1-} =~ ^[0-9]+$ ]] || fail 'up needs a number of nodes'; up "$@" ;;
    status) status ;;
    ask) printf 'query_id=1\nremote_address=%s\n\n' "$3" | { exec 3<>"/dev/tcp/127.0.53.${2#mx}/10025"; cat >&3; timeout 2 sed '/^$/q' <&3; } ;;
    run) name=$2; shift 2; dotnet "$program" "$@" --node "unix://$lab/$name/http" ;;
    kill) kill -9 "$(pid_of "$2")" ;;
    stop) kill "$(pid_of "$2")" ;;
    freeze) kill -STOP "$(pid_of "$2")" ;;
    thaw) kill -CONT "$(pid_of "$2")" ;;
    start) start "$2" ;;
    log) cat "$lab/$2/log" ;;
    down)
        for name in $(names); do kill -9 "$(pid_of "$name")" 2>/dev/null || true; done
        rm -rf "$lab" ;;
    *) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0"; exit 2 ;;
esac

#!/usr/bin/env bash
# Measures the image: its size, the time from podman run until the node is ready, and its memory at rest and under load; beside Debian's
# memcached and rspamd as their packages start them. Each runs alone in a network namespace of its own. Takes some minutes on a machine
# that does nothing else.
#
#   measure.sh [--image NAME] [--rounds N] [--rate N] [--seconds N]
#
#   --image NAME   an image that podman has, by default one that build.sh builds
#   --rounds N     starts, of which the median counts, 5 by default
#   --rate N       new clients a second under load, 200 by default
#   --seconds N    length of the load, 30 by default
#
# Needs root, podman, ip, the .NET SDK, and for their rows memcached with memcslap (libmemcached-tools) and rspamd with rspamc.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
readonly here lab=screening-measure-$$
image='' rounds=5 rate=200 seconds=30 started=()

fail() { echo "measure.sh: $*" >&2; exit 2; }
usage() { sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0"; }
inside() { ip netns exec "$lab" "$@"; }
now() { date +%s%3N; }
median() { sort -n | awk '{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] }'; }

# shellcheck disable=SC2317 # run by the trap
clean_up() {
    podman rm --force --volumes --time 0 --ignore "$lab" >/dev/null 2>&1 || true
    ((${#started[@]} == 0)) || kill "${started[@]}" 2>/dev/null || true
    ip netns del "$lab" 2>/dev/null || true
    rm -rf "$work"
}

# Megabytes of resident memory of processes, what they share counted once.
memory_of() { # PID...
    local pid
    for pid in "$@"; do cat "/proc/$pid/smaps_rollup"; done | awk '/^Pss:/ { sum += $2 } END { printf "%.0f\n", sum / 1024 }'
}
with_children() { echo "$1" "$(pgrep -P "$1" || true)"; }

# Megabytes of a Debian package and what it alone brings: its own files.
installed_size() { dpkg-query -W -f '${Installed-Size}\n' "$1" | awk '{ printf "%.1f\n", $1 / 1024 }'; }

row() { printf '| %-22s | %16s | %17s | %14s | %16s | %s\n' "$@"; }

# The time from a start until a command succeeds, in milliseconds.
until_ready() { # START COMMAND...
    local start=$1
    shift
    until "$@" >/dev/null 2>&1; do
        (($(now) - start < 300000)) || fail "no answer within five minutes: $*"
        sleep 0.01
    done
    echo $(($(now) - start))
}

start_node() {
    : >"$work/log"
    podman --runtime runc run --detach --name "$lab" --network "ns:/run/netns/$lab" --read-only --read-only-tmpfs=false --cap-drop=all \
        --security-opt=no-new-privileges --ulimit nofile=20000:20000 --ulimit nproc=32768:32768 --memory 1g --pull never \
        --log-driver k8s-file --log-opt path="$work/log" \
        --env "SCREENING__DNSBL__RESOLVER=[\"$lists\"]" --env SCREENING__DNSBL__SITES='l0.test*8, l1.test*2, l2.test*-3' \
        "$image" >/dev/null 2>&1
}
# The file, because podman logs would be half of the load.
is_ready() { grep -q ' ready$' "$work/log"; }
remove_node() { podman rm --force --volumes --time 0 "$lab" >/dev/null; }

measure_screening() {
    local times=() start pid rest loaded answers
    for ((round = 0; round < rounds; round++)); do
        [[ $round == 0 ]] || remove_node
        start=$(now)
        start_node
        times+=("$(until_ready "$start" is_ready)")
    done
    pid=$(podman inspect "$lab" --format '{{.State.Pid}}')
    sleep 10
    rest=$(memory_of "$pid")
    answers=$(inside dotnet "$bench" plugin-load --target 127.0.0.1:10025 --rate "$rate" --seconds "$seconds")
    loaded=$(memory_of "$pid")
    row "screening, container" "$size" "$(printf '%s\n' "${times[@]}" | median) ms" "$rest MB" "$loaded MB" "$answers |"
    remove_node
}

measure_memcached() {
    local times=() start rest
    for ((round = 0; round < rounds; round++)); do
        start=$(now)
        ip netns exec "$lab" memcached -u nobody -m 64 -l 127.0.0.1 -p 11211 &
        times+=("$(until_ready "$start" inside memcstat --servers=127.0.0.1:11211)")
        ((round == rounds - 1)) || { kill $!; wait $! 2>/dev/null || true; }
    done
    started+=($!)
    sleep 2
    rest=$(memory_of $!)
    inside memcslap --servers=127.0.0.1:11211 --concurrency=16 --execute-number=$((rate * seconds / 16)) --test=set >/dev/null
    row "memcached, package" "$(installed_size memcached) MB" "$(printf '%s\n' "${times[@]}" | median) ms" "$rest MB" "$(memory_of $!) MB" \
        "$((rate * seconds)) sets |"
    kill $!
}

measure_rspamd() {
    local times=() start rest number
    printf 'From: a@example.org\nTo: b@example.org\nSubject: hello\nDate: Thu, 1 Jan 2026 00:00:00 +0000\nMessage-ID: <1@example.org>\n\nHello.\n' \
        >"$work/mail"
    for ((round = 0; round < rounds; round++)); do
        start=$(now)
        ip netns exec "$lab" rspamd -f -u _rspamd -g _rspamd >/dev/null 2>&1 &
        times+=("$(until_ready "$start" inside rspamc --connect 127.0.0.1:11333 "$work/mail")")
        ((round == rounds - 1)) || { kill $!; wait $! 2>/dev/null || true; }
    done
    started+=($!)
    sleep 10
    # shellcheck disable=SC2046 # one word for each process
    rest=$(memory_of $(with_children $!))
    # 500 messages from 250 addresses, four at a time: rspamc is one process for each message, so more would measure rspamc.
    for ((number = 0; number < 500; number++)); do echo "198.18.0.$((number % 250))"; done |
        ip netns exec "$lab" xargs -P 4 -I {} rspamc --connect 127.0.0.1:11333 --ip {} "$work/mail" >/dev/null
    # shellcheck disable=SC2046
    row "rspamd, package" "$(installed_size rspamd) MB" "$(printf '%s\n' "${times[@]}" | median) ms" "$rest MB" \
        "$(memory_of $(with_children $!)) MB" "500 messages |"
    kill $!
}

while [[ $# -gt 0 ]]; do
    case $1 in
        --image | --rounds | --rate | --seconds) [[ -n ${2-} ]] || fail "$1 needs a value"; declare "${1#--}=$2"; shift 2 ;;
        -h | --help) usage; exit ;;
        *) fail "unknown option $1; --help shows the usage" ;;
    esac
done
[[ $(id -u) == 0 ]] || fail 'needs root'
for program in podman ip dotnet pgrep; do command -v "$program" >/dev/null || fail "needs the program $program"; done
work=$(mktemp -d)
trap clean_up EXIT

[[ -n $image ]] || { image=screening-measure:latest; "$here/build.sh" --tag "localhost/$image" >/dev/null; }
size="$(podman image inspect "$image" --format '{{.Size}}' | awk '{ printf "%.0f", $1 / 1e6 }') MB"
dotnet build "$here/../../tests/Benchmarks" -c Release -v quiet --nologo >&2
bench=$(cd "$here/../../tests/Benchmarks/bin/Release/net10.0" && pwd)/Screening.Benchmarks.dll
ip netns add "$lab"
inside ip link set lo up
ip netns exec "$lab" dotnet "$bench" fake-lists --delay 5 >"$work/lists" 2>&1 &
started+=($!)
until_ready "$(now)" grep -q ^ready "$work/lists" >/dev/null
lists=$(sed -n 's|^listening dns udp://||p' "$work/lists")

row '' 'size' 'start to answering' 'memory at rest' 'after load' 'load |'
echo '|---|---:|---:|---:|---:|---|'
measure_screening
if command -v memcached >/dev/null && command -v memcslap >/dev/null; then measure_memcached; else echo 'no memcached or memcslap: left out' >&2; fi
if command -v rspamd >/dev/null && command -v rspamc >/dev/null; then measure_rspamd; else echo 'no rspamd: left out' >&2; fi

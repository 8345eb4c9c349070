#!/usr/bin/env bash
# Takes the five-minute look of deploy/compose/README.md: builds all images without a registry, types the page's commands in a network of
# its own, shows what comes of them, and compares it with what the page shows, numbers aside. Needs root, the .NET SDK, and Debian's podman,
# podman-compose, runc, netavark, aardvark-dns, iptables, iproute2, mmdebstrap, curl and jq. Takes some minutes, most of them for images.
#
#   compose-look.sh [--image IMAGE] [--keep]     IMAGE: of Screening, instead of one that is built; --keep: keep the images for the next run
#
# Exit status 1: something is not as the page says.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
readonly root page=$root/deploy/compose/README.md project=screening-look debian=localhost/screening-look-debian:12
readonly images=(screening screening-postfix) tries=(postgresql lists prometheus client)
readonly patience=300 # seconds until what a query shows is as the page says
image='' keep=no started=no faults=0 output='' commands=''
work=$(mktemp -d)

fail() { echo "compose-look.sh: $*" >&2; exit 2; }
usage() { sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0"; }
inside() { nsenter --net="/run/netns/$project" "$@"; }
podman-compose() { inside podman-compose -p "$project" "$@" 2>&1; }

# shellcheck disable=SC2317 # run by the trap
clean_up() {
    if [[ $started == yes ]]; then
        (cd "$root/deploy/compose" && podman-compose down -v) >/dev/null || true
        inside podman network rm -f "${project}_default" >/dev/null 2>&1 || true
        ip netns del "$project" || true
    fi
    if [[ $keep == no ]]; then
        podman rmi -f "${images[@]/%/:look}" "${tries[@]/#/screening-try-}" "$debian" >/dev/null 2>&1 || true
    fi
    rm -rf "$work"
}

# The Debian image that compose.yaml builds upon, from Debian's packages.
make_debian() {
    ! podman image exists "$debian" || return 0
    # As in Debian's own image, no service starts because its package is installed.
    mmdebstrap --quiet --variant=minbase --include=ca-certificates \
        --customize-hook='printf "#!/bin/sh\nexit 101\n" >"$1/usr/sbin/policy-rc.d"; chmod 755 "$1/usr/sbin/policy-rc.d"' \
        bookworm "$work/debian.tar"
    podman import --quiet "$work/debian.tar" "$debian" >/dev/null
    rm "$work/debian.tar"
}

make_images() {
    if [[ -n $image ]]; then
        podman tag "$image" screening:look
    else
        "$root/deploy/image/build.sh" --tag screening:look
    fi
    make_debian
    # Packages come from Debian's servers, over this host's own network.
    (cd "$root/deploy/compose" && command podman-compose -p "$project" --podman-build-args='--network host' build) \
        >"$work/build.log" 2>&1 \
        || { tail -n 30 "$work/build.log" >&2; fail 'an image could not be built'; }
    for name in "${images[@]/%/:look}" "${tries[@]/#/screening-try-}"; do
        podman image exists "$name" || { tail -n 30 "$work/build.log" >&2; fail "there is no image $name"; }
    done
}

# What the page leaves out: what podman-compose prints of its own work, ids of containers, and podman's words about what this host lacks.
without_noise() {
    grep -vE "^(\['podman'|using podman|podman |exit code|\*\* excluding|[0-9a-f]{64}$|Error: inspecting object|failed to connect to syslog)|cgroup" \
        || true
}

# Numbers, names of queue files, the width of columns and the bars of a time line are as they come.
shape() { sed -E 's/(queued as) [0-9A-F]+/\1 N/; s/[0-9]+(\.[0-9]+)?/N/g; s/[.=]{3,}/~/g; s/ +/ /g; s/^ //'; }

run() { output=$(cd "$root/deploy/compose" && eval "$commands" 2>&1 | without_noise); }

# The lines that the page shows and the output lacks.
missing() { # FILE
    local line
    while IFS= read -r line; do
        shape <<<"$output" | grep -qF -- "$(shape <<<"$line")" || echo "$line"
    done <"$1"
}

compare() { # FILE
    local end=$((SECONDS + patience)) lines
    # A query can be asked again; whatever changes something is done once.
    until lines=$(missing "$1") && [[ -z $lines ]] || ((SECONDS > end)) || [[ $commands == *client* ]]; do
        sleep 1
        run
    done
    show
    [[ -z $lines ]] || { faults=$((faults + 1)); printf 'NOT SEEN: %s\n' "$lines"; }
}

show() {
    [[ -n $commands ]] || return 0
    sed 's/^/$ /' <<<"${commands%$'\n'}"
    printf '%s\n\n' "$output"
    commands=''
}

# Runs each block of commands, and holds the next block, where there is one before the next commands, against what came of it.
walk() {
    local line block=none
    while IFS= read -r line <&3; do
        case $block:$line in
            none:'```sh run by: ComposeFileTests') show; block=commands ;;
            none:'```') block=expected; : >"$work/expected" ;;
            none:'```'*) block=other ;;
            commands:'```') block=none; run ;;
            expected:'```') block=none; compare "$work/expected" ;;
            *:'```') block=none ;;
            commands:*) commands+=$line$'\n' ;;
            expected:*) echo "$line" >>"$work/expected" ;;
        esac
    done 3<"$page"
    show
}

while [[ $# -gt 0 ]]; do
    case $1 in
        --image) [[ -n ${2-} ]] || fail '--image needs a value'; image=$2; shift 2 ;;
        --keep) keep=yes; shift ;;
        -h | --help) usage; exit ;;
        *) fail "unknown option $1; --help shows the usage" ;;
    esac
done
[[ $(id -u) == 0 ]] || fail 'needs root'
for program in podman podman-compose runc ip nsenter iptables mmdebstrap curl jq; do
    command -v "$program" >/dev/null || fail "needs the program $program"
done
[[ ! -e /run/netns/$project ]] || fail "another run is going on, or was killed: ip netns del $project"

# Podman asks for more open files and processes than some hosts grant.
cat >"$work/containers.conf" <<CONF
[containers]
default_ulimits = ["nofile=16384:16384", "nproc=8192:8192"]
[engine]
runtime = "runc"
CONF
export CONTAINERS_CONF=$work/containers.conf BASE=$debian SCREENING_VERSION=look
trap clean_up EXIT
make_images
ip netns add "$project"
started=yes
ip -n "$project" link set lo up
# The page's commands are for everybody; here they are meant for the network of this run.
curl() { inside curl "$@"; }
walk
((faults == 0)) || { echo "$faults parts of the page are not as it says"; exit 1; }
echo 'all is as the page says'

#!/usr/bin/env bash
# A Debian host to try packages and units on: systemd runs as process 1 in namespaces of its own (processes, mounts, network,
# cgroups, host name, IPC), over a file system whose changes go to a folder. Nothing of this machine is changed. Needs root,
# and cgroups that can be written.
#
#   debian-host.sh up DIR [ROOT]     starts a host that sees ROOT (default: this machine's /) below its own changes, DIR/changes
#   debian-host.sh run DIR COMMAND...
#   debian-host.sh down DIR
#
# With HOST_OWNER=PID in the environment the host ends, and DIR goes, when that process is gone, however it ended.
# Network: loopback alone, or, with HOST_BRIDGE=NAME and HOST_ADDRESS=IP/LEN in the environment, also one interface at that
# bridge, which must be in this network namespace. /root and /tmp of this machine are hidden.
set -euo pipefail

readonly command=${1:?up, run or down} dir=${2:?a folder for the state of the host}
readonly cgroups=/sys/fs/cgroup path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

fail() {
    echo "debian-host.sh: $*" >&2
    exit 1
}

# systemd's own process, whose parent is the process that keeps the namespaces.
init_of() { pgrep -P "$(<"$dir/keeper")" -o; }

in_host() { nsenter -t "$(init_of)" -m -u -i -n -p -C -r -w env -i PATH="$path" HOME=/root TERM=dumb LC_ALL=C.UTF-8 "$@"; }

# Each hierarchy gets a group of ours, so that what systemd makes below it can be found and removed.
group_of() { echo "screening-host-$(stat -c %i "$dir")"; }

join_groups() {
    local hierarchy group
    group=$(group_of)
    for hierarchy in "$cgroups"/*/ "$cgroups/"; do
        [[ -f ${hierarchy}cgroup.procs ]] || continue
        mkdir -p "$hierarchy$group"
        [[ $hierarchy != */cpuset/ ]] || for file in cpus mems; do
            cat "${hierarchy}cpuset.$file" >"$hierarchy$group/cpuset.$file"
        done
        echo $BASHPID >"$hierarchy$group/cgroup.procs" 2>/dev/null || true
    done
}

remove_groups() {
    find "$cgroups" -mindepth 1 -maxdepth 2 -type d -name "$(group_of)" -print0 2>/dev/null |
        while IFS= read -r -d '' folder; do find "$folder" -depth -type d -exec rmdir {} + 2>/dev/null || true; done
}

# Runs in the new namespaces, as what becomes process 1. $1: the folder of the state, $2: the root below.
boot() {
    local root=$1/root name hidden
    mount --make-rprivate /
    mkdir -p "$1"/{root,changes,work}
    mount -t overlay -o "lowerdir=$2,upperdir=$1/changes,workdir=$1/work" overlay "$root"
    mount -t proc proc "$root/proc"
    mount --bind "$root/proc/sys" "$root/proc/sys"
    mount -o remount,bind,ro "$root/proc/sys"
    mount -t sysfs -o ro sysfs "$root/sys"
    mount -t tmpfs -o mode=755 tmpfs "$root/sys/fs/cgroup"
    for hierarchy in "$cgroups"/*/; do
        name=$(basename "$hierarchy")
        [[ ! -L ${hierarchy%/} && -f ${hierarchy}cgroup.procs ]] || continue
        mkdir "$root/sys/fs/cgroup/$name"
        case $name in
            unified) mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup/$name" ;;
            systemd) mount -t cgroup -o none,name=systemd cgroup "$root/sys/fs/cgroup/$name" ;;
            *) mount -t cgroup -o "$name" cgroup "$root/sys/fs/cgroup/$name" ;;
        esac
    done
    if [[ -f $cgroups/cgroup.controllers ]]; then mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"; fi
    mount -t tmpfs -o mode=755 tmpfs "$root/dev"
    for name in null zero full random urandom tty; do
        mknod -m 666 "$root/dev/$name" c "$(stat -c 0x%t "/dev/$name")" "$(stat -c 0x%T "/dev/$name")"
    done
    mkdir "$root"/dev/{pts,shm}
    mount -t devpts -o newinstance,ptmxmode=666 devpts "$root/dev/pts"
    mount -t tmpfs tmpfs "$root/dev/shm"
    ln -s pts/ptmx "$root/dev/ptmx"
    ln -s /proc/self/fd "$root/dev/fd"
    touch "$root/dev/console"
    for hidden in run tmp root; do
        [[ ! -d $root/$hidden ]] || mount -t tmpfs -o mode=755 tmpfs "$root/$hidden"
    done
    chmod 1777 "$root/tmp"
    # Only what a service needs: no login, no devices, nothing that this machine would start.
    mkdir -p "$root/run/systemd/system"
    for name in getty.target console-getty.service systemd-udevd.service systemd-sysctl.service systemd-modules-load.service \
        systemd-remount-fs.service systemd-logind.service systemd-resolved.service systemd-networkd.service \
        systemd-timesyncd.service sys-kernel-debug.mount sys-kernel-tracing.mount dev-hugepages.mount dev-mqueue.mount; do
        ln -s /dev/null "$root/run/systemd/system/$name"
    done
    ip link set lo up
    cd "$root"
    mkdir -p /"$root"/mnt/before
    pivot_root . mnt/before
    umount -l /mnt/before
    # shellcheck disable=SC2093
    exec env -i PATH="$path" container=podman /lib/systemd/systemd --system --log-target=journal --show-status=no
}

up() {
    local root=${1:-/} file
    [[ $(id -u) == 0 ]] || fail 'needs root'
    [[ ! -e $dir/keeper ]] || fail "$dir has a host already"
    mkdir -p "$dir/changes"
    # What this machine has enabled is not started, what keeps packages from starting a service does not hold, and the index of
    # manual pages is not made anew: a character device 0/0 hides the file below.
    while IFS= read -r file; do
        mkdir -p "$dir/changes$(dirname "$file")"
        mknod "$dir/changes$file" c 0 0
    done < <(cd "$root" && find etc/systemd/system -mindepth 2 -maxdepth 2 -path '*.wants/*' -printf '/%p\n' &&
        find usr/sbin/policy-rc.d var/lib/man-db/auto-update -maxdepth 0 -printf '/%p\n' 2>/dev/null)
    (
        join_groups
        export -f boot
        export cgroups path
        exec setsid unshare --mount --uts --ipc --pid --net --cgroup --fork --kill-child \
            bash -c 'set -euo pipefail; boot "$@"' boot "$(cd "$dir" && pwd)" "$root" >"$dir/boot.log" 2>&1 </dev/null
    ) &
    echo $! >"$dir/keeper"
    for _ in {1..300}; do
        case $(in_host systemctl is-system-running 2>/dev/null) in
            running | degraded)
                connect
                watch_owner
                return
                ;;
        esac
        kill -0 "$(<"$dir/keeper")" 2>/dev/null || break
        sleep 0.1
    done
    cat "$dir/boot.log" >&2
    down
    fail 'the host did not start'
}

watch_owner() {
    [[ -n ${HOST_OWNER:-} ]] || return 0
    setsid bash -c 'while kill -0 "$1" 2>/dev/null; do sleep 1; done; [[ ! -e $3/keeper ]] || { "$2" down "$3"; rm -rf "$3"; }' \
        watch "$HOST_OWNER" "$(realpath "$0")" "$(realpath "$dir")" >/dev/null 2>&1 </dev/null &
}

connect() {
    [[ -n ${HOST_BRIDGE:-} ]] || return 0
    local link
    link=h$(init_of)
    ip link add "$link" type veth peer name eth0 netns "/proc/$(init_of)/ns/net"
    ip link set "$link" master "$HOST_BRIDGE" up
    in_host ip address add "$HOST_ADDRESS" dev eth0
    in_host ip link set eth0 up
}

down() {
    local keeper
    [[ -e $dir/keeper ]] || return 0
    keeper=$(<"$dir/keeper")
    # The end of the process that keeps the namespaces ends systemd, and with it all that it started.
    kill -KILL "$keeper" 2>/dev/null || true
    while kill -0 "$keeper" 2>/dev/null && [[ $(ps -o stat= -p "$keeper") != Z* ]]; do sleep 0.1; done
    rm -f "$dir/keeper"
    for _ in {1..50}; do
        remove_groups
        [[ -n $(find "$cgroups" -mindepth 1 -maxdepth 2 -type d -name "$(group_of)" 2>/dev/null) ]] || break
        sleep 0.1
    done
}

case $command in
    up) up "${3:-/}" ;;
    run) shift 2 && in_host "$@" ;;
    down) down ;;
    *) fail "$command is not one of up, run, down" ;;
esac

#!/usr/bin/env bash
# Builds the images of Debian's programs that pods need beside Screening: screening-postfix, screening-p0f, screening-unbound. With --base
# they are made from Debian's image, which comes from a registry. Without it no registry is asked: apt-get downloads Debian's packages, and
# they are unpacked into an empty image. The Containerfile is the same.
#
#   mail.sh [--base IMAGE] [--tag TAG] [NAME ...]     NAME: postfix, p0f, unbound; without names the first two.
#                                                     Needs root, buildah, and apt-get or a registry
#
# An image that exists and was made of the same packages and files is left alone. Packages are kept in $SCREENING_IMAGE_CACHE, by default
# ~/.cache/screening-image. Exit status 3: the packages could not be downloaded.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
readonly here
readonly cache=${SCREENING_IMAGE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/screening-image}
base='' tag='' work='' container=''

fail() { echo "mail.sh: $*" >&2; exit 2; }
usage() { sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0"; }

# shellcheck disable=SC2317 # run by the trap
clean_up() {
    [[ -z $container ]] || buildah rm "$container" >/dev/null || true
    [[ -z $work ]] || rm -rf "$work"
}
trap clean_up EXIT

# The files of the packages' present versions, one a line; those not in the cache are downloaded.
packages_of() { # FOLDER
    local wanted missing=() file
    mapfile -t wanted < <(grep -v '^#' "$1/packages")
    mkdir -p "$cache"
    apt-get -qq download --print-uris "${wanted[@]}" >"$work/uris" 2>"$work/apt.log" || { cat "$work/apt.log" >&2; return 3; }
    while read -r _ file _; do
        [[ -s $cache/$file ]] || missing+=("${file%%_*}")
        echo "$cache/$file"
    done <"$work/uris" >"$work/debs"
    ((${#missing[@]})) || return 0
    mkdir "$work/new"
    (cd "$work/new" && apt-get -qq download "${missing[@]}") 2>"$work/apt.log" || { cat "$work/apt.log" >&2; return 3; }
    mv "$work/new"/*.deb "$cache"
}

# Makes the image that stands in for Debian's.
unpack() { # IMAGE
    local folder deb root=$work/root
    # Debian's merged /usr: packages still have files in /bin and /lib.
    mkdir -p "$root"/usr/{bin,sbin,lib,lib64} "$root"/{etc,proc,run,sys,tmp,var/tmp}
    for folder in bin sbin lib lib64; do ln -s "usr/$folder" "$root/$folder"; done
    chmod 1777 "$root/tmp" "$root/var/tmp"
    while read -r deb; do
        dpkg-deb --fsys-tarfile "$deb" | tar -x --keep-directory-symlink -C "$root"
    done <"$work/debs"
    rm -rf "$root"/usr/share/{doc,info,lintian,locale,man}
    container=$(buildah from scratch)
    buildah add -q "$container" "$root" / >/dev/null
    buildah commit -q --rm "$container" "$1" >/dev/null
    container=''
}

build() { # NAME
    local folder=$here/$1 image=localhost/screening-$1:$tag from=$base made_of
    work=$(mktemp -d)
    if [[ -z $base ]]; then
        packages_of "$folder"
        from=localhost/screening-$1-base:$tag
    fi
    made_of=$({ echo "$from"; [[ ! -e $work/debs ]] || sed 's|.*/||' "$work/debs"; cd "$folder" && cat -- *; } | sha256sum | cut -c 1-16)
    if [[ $(buildah inspect --type image --format '{{index .OCIv1.Config.Labels "made-of"}}' "$image" 2>/dev/null) != "$made_of" ]]; then
        [[ -n $base ]] || unpack "$from"
        # chroot isolation: a RUN needs no runtime, and no cgroups.
        buildah bud -q --isolation chroot --build-arg BASE="$from" --label made-of="$made_of" -t "$image" "$folder" >/dev/null
    fi
    rm -rf "$work"
    work=''
    echo "$image"
}

while [[ $# -gt 0 ]]; do
    case $1 in
        --base | --tag) [[ -n ${2-} ]] || fail "$1 needs a value"; declare "${1#--}=$2"; shift 2 ;;
        -h | --help) usage; exit ;;
        -*) fail "unknown option $1; --help shows the usage" ;;
        *) break ;;
    esac
done
[[ $# -gt 0 ]] || set -- postfix p0f
for name in "$@"; do
    [[ -e $here/$name/packages ]] || fail "there is no image $name; there are postfix, p0f and unbound"
done
[[ $(id -u) == 0 ]] || fail 'needs root, since the files in the images belong to several users'
programs=(buildah)
[[ -n $base ]] || programs+=(apt-get dpkg-deb)
for program in "${programs[@]}"; do
    command -v "$program" >/dev/null || fail "needs the program $program"
done
[[ -n $tag ]] || tag=$(sed -n 's|.*<Version>\(.*\)</Version>.*|\1|p' "$here/../../Directory.Build.props")
for name in "$@"; do build "$name"; done

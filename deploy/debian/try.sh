#!/usr/bin/env bash
# Tries the Debian package as hosts will meet it: builds the packages of a commit and of the one before, the first one twice, and runs
# tests/Deploy.Tests/debian-package.sh with them on a minimal Debian that has what the package depends on and nothing else. Takes
# about ten minutes. Needs root, the .NET 10 SDK, and Debian's mmdebstrap and lintian.
#
#   deploy/debian/try.sh [COMMIT [BEFORE]]      default: HEAD and the commit before it
#
# SCREENING_TRY keeps packages and the minimal Debian in a folder, for a quicker next run.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
readonly here checkout=$here/../..
commit=$(git -C "$checkout" rev-parse "${1:-HEAD}")
before=$(git -C "$checkout" rev-parse "${2:-$commit~}")
readonly commit before

fail() {
    echo "try.sh: $*" >&2
    exit 1
}

[[ $(id -u) == 0 ]] || fail 'needs root'
for program in mmdebstrap lintian git dotnet; do
    command -v "$program" >/dev/null || fail "the program $program is missing"
done

work=${SCREENING_TRY:-$(mktemp -d)}
mkdir -p "$work"
[[ -n ${SCREENING_TRY:-} ]] || trap 'rm -rf "$work"' EXIT

package_of() { # COMMIT FOLDER: builds it from a clean checkout of its own, and prints the path
    local source=$work/source-$2 found
    found=$(find "$work/$2" -name "screening_*git*.${1:0:8}-1_amd64.deb" 2>/dev/null || true)
    if [[ -z $found ]]; then
        rm -rf "$source" "${work:?}/$2"
        git clone -q "$checkout" "$source"
        git -C "$source" checkout -q "$1"
        found=$("$here/build.sh" --source "$source" --output "$work/$2" | tail -n 1)
        rm -rf "$source"
    fi
    echo "$found"
}

# What the package names as its dependencies, the first of each choice.
dependencies() { dpkg-deb --field "$1" Depends | sed 's/([^)]*)//g; s/|[^,]*//g; s/[[:space:]]//g'; }

new=$(package_of "$commit" new)
again=$(package_of "$commit" again)
cmp "$new" "$again"
echo "ok: two builds of $(basename "$new") are the same, $(($(stat -c %s "$new") / 1000000)) MB"
lintian --allow-root --fail-on error,warning "$new"
echo 'ok: lintian finds nothing'
old=$(package_of "$before" old)

# Postfix's packages are there, to be installed later.
if [[ ! -d $work/base ]]; then
    mmdebstrap --quiet --variant=minbase --include="$(dependencies "$new"),dbus" \
        --customize-hook='chroot "$1" apt-get -q -y --no-install-recommends --download-only install postfix' \
        --customize-hook='mkdir "$1/opt/postfix" && mv "$1"/var/cache/apt/archives/*.deb "$1/opt/postfix"' \
        bookworm "$work/base"
fi
"$checkout/tests/Deploy.Tests/debian-package.sh" "$old" "$new" "$work/base"

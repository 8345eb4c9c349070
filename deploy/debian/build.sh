#!/usr/bin/env bash
# Builds the Debian package screening_VERSION_amd64.deb: the program with its runtime, unit, configuration, manual pages and
# completions. Two builds of one commit are the same file. Needs the .NET 10 SDK, dpkg-deb, and NuGet's packages.
#
#   deploy/debian/build.sh [OPTION]...
#     --output DIR      where the package goes; default: the current folder
#     --source DIR      the checkout to build; default: this one
#     --publish DIR     a folder with the published program, instead of publishing it
#     --version V       the package's version; default: by Directory.Build.props and git, see below
#     --compress KIND   xz (default), zstd, gzip or none
#
# Prints the package's path. DEBFULLNAME and DEBEMAIL name the maintainer. Versions sort as they should: 0.2.0~git... before
# the tag v0.2.0, 0.2.0-1 at it, 0.2.0+git... after it; a tree with changes that are not committed has .dirty at its end.
set -euo pipefail

debian=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly debian
readonly maintainer="${DEBFULLNAME:-The Screening authors} <${DEBEMAIL:-screening@packages.invalid}>"
source=$(cd "$debian/../.." && pwd) output=$PWD publish='' version='' compress=xz

fail() {
    echo "build.sh: $*" >&2
    exit 1
}

usage() { fail "$1; see the head of $0"; }

while (($#)); do
    (($# > 1)) || usage "$1 needs a value, or is not an option"
    case $1 in
        --output) output=$2 ;;
        --source) source=$(cd "$2" && pwd) || fail "there is no folder $2" ;;
        --publish) publish=$(cd "$2" && pwd) || fail "there is no folder $2" ;;
        --version) version=$2 ;;
        --compress) compress=$2 ;;
        *) usage "$1 is not an option" ;;
    esac
    shift 2
done

for program in dpkg-deb gzip awk git; do
    command -v "$program" >/dev/null || fail "the program $program is missing"
done
[[ -n $publish ]] || command -v dotnet >/dev/null || fail 'the program dotnet is missing (.NET 10 SDK)'
[[ -f $source/Directory.Build.props ]] || fail "$source is not a checkout of Screening"
[[ -z $publish || -x $publish/screening ]] || fail "there is no program screening in $publish"

in_git() { git -C "$source" "$@" 2>/dev/null; }

# The time of everything in the package.
if [[ -z ${SOURCE_DATE_EPOCH:-} ]]; then
    SOURCE_DATE_EPOCH=$(in_git log -1 --format=%ct) || fail 'without git, SOURCE_DATE_EPOCH must be given'
fi
export SOURCE_DATE_EPOCH

# Date, number of commits and commit: a later commit never sorts before an earlier one.
between_releases() {
    local at
    at=$(in_git log -1 --format=%cd --date=format-local:%Y%m%d).$(in_git rev-list --count HEAD).$(in_git rev-parse --short=8 HEAD)
    [[ -z $(in_git status --porcelain --untracked-files=no) ]] || at+=.dirty
    echo "git$at"
}

version_of_source() {
    local release
    release=$(sed -n 's:.*<Version>\(.*\)</Version>.*:\1:p' "$source/Directory.Build.props")
    [[ -n $release ]] || fail "Directory.Build.props of $source has no Version"
    # A pre-release of .NET, 1.0.0-rc.1, sorts before its release in Debian only with a tilde.
    release=${release/-/\~}
    if ! in_git rev-parse HEAD >/dev/null || [[ $(in_git tag --points-at HEAD) == "v$release" ]]; then
        echo "$release-1"
    elif in_git merge-base --is-ancestor "v$release" HEAD; then
        echo "$release+$(between_releases)-1"
    else
        echo "$release~$(between_releases)-1"
    fi
}
[[ -n $version ]] || version=$(TZ=UTC version_of_source)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
readonly work root=$work/root

# The same parts as in the container image, in a folder of its own, so that no earlier build matters. Names that the compiler makes
# of a file's path must not depend on where this is built.
publish_program() {
    dotnet publish "$source/src/Node" -c Release -r linux-x64 --self-contained -p:ContinuousIntegrationBuild=true \
        -p:RunAnalyzers=false -p:CustomAfterMicrosoftCommonTargets="$debian/../image/publish.targets" --artifacts-path "$work/artifacts" \
        -p:PathMap="$source=/source%2C$work/artifacts=/artifacts" -o "$work/publish" -v quiet --nologo >&2
}
if [[ -z $publish ]]; then
    publish_program || fail 'dotnet publish failed'
    publish=$work/publish
fi

install_program() {
    mkdir -p "$root/usr/lib/screening" "$root/usr/bin"
    cp -r "$publish/." "$root/usr/lib/screening"
    cd "$root/usr/lib/screening"
    rm -rf ./*.xml ./*.pdb manual
    # A program that is not published for one system has the libraries of all.
    [[ ! -d runtimes ]] || find runtimes -mindepth 1 -maxdepth 1 ! -name linux-x64 -exec rm -r {} +
    ln -s ../lib/screening/screening "$root/usr/bin/screening"
    ln -s ../../share/doc/screening manual
    cd - >/dev/null
}

install_file() { # FILE TARGET
    mkdir -p "$(dirname "$root/$2")"
    cp "$1" "$root/$2"
}

install_zipped() { # FILE TARGET
    mkdir -p "$(dirname "$root/$2")"
    gzip -9nc "$1" >"$root/$2.gz"
}

install_service() {
    install_file "$source/deploy/systemd/screening.service" usr/lib/systemd/system/screening.service
    install_file "$debian/sysusers.conf" usr/lib/sysusers.d/screening.conf
    install_file "$debian/tmpfiles.conf" usr/lib/tmpfiles.d/screening.conf
    install_file "$debian/screening.toml" etc/screening/screening.toml
    install_file "$debian/lintian-overrides" usr/share/lintian/overrides/screening
}

# The program itself prints them, so that they are those of this version. Releases before the manual have none.
install_help() {
    local page
    mkdir -p "$root"/usr/share/{bash-completion/completions,zsh/vendor-completions,fish/vendor_completions.d}
    "$publish/screening" completion bash >"$root/usr/share/bash-completion/completions/screening"
    "$publish/screening" completion zsh >"$root/usr/share/zsh/vendor-completions/_screening"
    "$publish/screening" completion fish >"$root/usr/share/fish/vendor_completions.d/screening.fish"
    for page in screening.1 screening.toml.5 screening_postfix.7; do
        if "$publish/screening" manual "$page" >"$work/$page"; then
            install_zipped "$work/$page" "usr/share/man/man${page##*.}/$page"
        fi
    done
}

install_documents() {
    local page
    for page in README.md SECURITY.md; do install_file "$source/$page" "usr/share/doc/screening/$page"; done
    mkdir -p "$root/usr/share/doc/screening/docs"
    cp "$source"/docs/*.md "$source"/docs/screening.* "$root/usr/share/doc/screening/docs"
    # The pages of docs/ link to those of deploy/.
    (cd "$source" && find deploy -name README.md -exec cp --parents {} "$root/usr/share/doc/screening" \;)
    install_file "$source/deploy/systemd/network.conf" usr/share/doc/screening/examples/network.conf
    [[ ! -d $source/deploy/postfix ]] || cp -r "$source/deploy/postfix" "$root/usr/share/doc/screening/examples/postfix"
    install_zipped "$source/CHANGELOG.md" usr/share/doc/screening/changelog
    printf 'screening (%s) unstable; urgency=medium\n\n  * Built from the sources; changelog.gz says what is new.\n\n -- %s  %s\n' \
        "$version" "$maintainer" "$(TZ=UTC LC_ALL=C date -R -d "@$SOURCE_DATE_EPOCH")" >"$work/changelog"
    install_zipped "$work/changelog" usr/share/doc/screening/changelog.Debian
    "$debian/copyright.sh" "$publish" >"$root/usr/share/doc/screening/copyright" || fail 'the licences could not be read'
    local notices
    notices=$("$debian/copyright.sh" --notices "$publish")
    [[ -z $notices ]] || install_zipped "$notices" usr/share/doc/screening/third-party-notices-dotnet.txt
}

install_control() {
    local size
    mkdir "$root/DEBIAN"
    size=$(du -k --apparent-size -s "$root" | cut -f 1)
    sed "s|@VERSION@|$version|; s|@SIZE@|$size|; s|@MAINTAINER@|$maintainer|" "$debian/control.in" >"$root/DEBIAN/control"
    (cd "$root" && find etc -type f -printf '/%p\n') >"$root/DEBIAN/conffiles"
    cp "$debian"/{preinst,postinst,prerm,postrm,triggers} "$root/DEBIAN"
    (cd "$root" && find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum) >"$root/DEBIAN/md5sums"
}

set_modes_and_times() {
    find "$root" -type d -exec chmod 755 {} +
    find "$root" -type f -exec chmod 644 {} +
    chmod 755 "$root/usr/lib/screening/screening" "$root"/DEBIAN/{preinst,postinst,prerm,postrm}
    find "$root" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
}

mkdir -p "$root" "$output"
install_program
install_service
install_help
install_documents
install_control
set_modes_and_times
package=$(cd "$output" && pwd)/screening_${version#*:}_amd64.deb
# One thread: how xz divides the work would show in the file.
dpkg-deb --root-owner-group --threads-max=1 -Z"$compress" --build "$root" "$package" >&2
echo "$package"

#!/usr/bin/env bash
# Prints debian/copyright (https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/) of a published program: its own
# licence, and those of the packages in it, as NuGet's metadata states them. Fails on a licence whose text it does not have.
#
#   deploy/debian/copyright.sh PUBLISHED_FOLDER
#   deploy/debian/copyright.sh --notices PUBLISHED_FOLDER     the path of the .NET runtime's notices, if the runtime is in it
set -euo pipefail

debian=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly debian
readonly nuget=${NUGET_PACKAGES:-$HOME/.nuget/packages}
notices=no
[[ ${1:-} != --notices ]] || { notices=yes && shift; }
readonly libraries=${1:?the folder of the published program}/screening.deps.json

fail() {
    echo "copyright.sh: $*" >&2
    exit 1
}

[[ -f $libraries ]] || fail "there is no $libraries"

# "name/version" of everything of one type in the program.
of_type() { # TYPE
    awk -v type="\"$1\"" '
        /^  "libraries"/ { inside = 1 }
        inside && /^    "[^"]+\/[^"]+": \{/ { split($0, part, "\""); name = part[2] }
        inside && /^      "type":/ && index($0, type) { print name }
    ' "$libraries" | LC_ALL=C sort
}

# "name/version file" of every file of everything in the program, as it lies beside it.
files_of_all() {
    awk '
        /^  "libraries"/ { exit }
        /^      "[^"]+\/[^"]+": \{/ { split($0, part, "\""); name = part[2] }
        /^        "/ { split($0, part, "\""); list = part[2] }
        /^          "/ && (list == "runtime" || list == "native") { split($0, part, "\""); n = split(part[2], way, "/"); print name, way[n] }
    ' "$libraries" | LC_ALL=C sort -u
}

runtimes() { of_type runtimepack | sed 's/^runtimepack\.//'; }

tag() { # NAME FILE
    sed -n "s:.*<$1[^>]*>\([^<]*\)</$1>.*:\1:p" "$2" | head -n 1
}

if [[ $notices == yes ]]; then
    for runtime in $(runtimes | grep NETCore); do
        echo "$nuget/${runtime,,}/THIRD-PARTY-NOTICES.TXT"
    done
    exit
fi

# A text as the body of a field: indented, empty lines as points.
indented() { awk '{ sub(/[ \t\r]+$/, ""); print $0 == "" ? " ." : " " $0 }'; }

declare -A used=() files=()
while read -r package file; do
    files[${package#runtimepack.}]+="usr/lib/screening/$file"$'\n '
done < <(files_of_all)

cat <<'HEAD'
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: Screening
Comment: The program is built from the sources of Screening. The files beside it are those of the packages named below, as
 NuGet and the .NET SDK have them; the notices of the .NET runtime are in third-party-notices-dotnet.txt.gz.

Files: *
Copyright: The Screening authors
License: Apache-2.0
HEAD
used[Apache-2.0]=yes

for package in $(runtimes) $(of_type package); do
    [[ -n ${files[$package]:-} ]] || continue
    folder=$nuget/${package,,}
    spec=$(find "$folder" -maxdepth 1 -name '*.nuspec' 2>/dev/null | head -n 1)
    [[ -n $spec ]] || fail "$folder has no metadata; restore the packages first"
    license=$(tag license "$spec")
    holder=$(tag copyright "$spec")
    holder=${holder:-$(tag authors "$spec")}
    if grep -q '<license type="file">' "$spec"; then
        grep -q 'OpenLDAP Public License' "$folder/$license" || fail "$package has a licence that is not known here: $folder/$license"
        license=OLDAP-2.8
    fi
    [[ -n $license ]] || fail "$package states no licence"
    used[$license]=yes
    printf '\nFiles: %s\nCopyright: %s\nLicense: %s\nComment: of the package %s\n' "${files[$package]%$'\n '}" \
        "$(sed 's/^(c) //I; s/&amp;/\&/g' <<<"$holder")" "$license" "${package/\// }"
done

for license in $(printf '%s\n' "${!used[@]}" | LC_ALL=C sort); do
    printf '\nLicense: %s\n' "$license"
    case $license in
        Apache-2.0)
            printf ' On Debian systems the full text is in /usr/share/common-licenses/Apache-2.0.\n' ;;
        OLDAP-2.8)
            indented <"$(find "$nuget/lightningdb" -name LICENSE | LC_ALL=C sort | tail -n 1)" ;;
        *)
            [[ -f $debian/licenses/$license ]] || fail "the text of the licence $license is missing in $debian/licenses"
            indented <"$debian/licenses/$license" ;;
    esac
done

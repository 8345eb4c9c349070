#!/usr/bin/env bash
# Builds the container image screening:VERSION without a registry, a daemon or root. Two builds of one commit, with the same packages on
# the host, give the same digest. Needs the .NET 10 SDK, git, jq, and Debian's dpkg, whose files of libc and OpenSSL go into the image.
#
#   build.sh [--output FILE] [--source DIR] [--tag NAME:TAG] [--work DIR] [--no-load]
#
#   --output FILE   writes an archive for podman load, docker load and skopeo, and beside it the list of what is in it (FILE.cdx.json)
#   --source DIR    the checkout to build, by default the one that holds this script: the image of another release
#   --tag NAME:TAG  by default screening:VERSION
#   --work DIR      keeps what was compiled there, for a quicker next build
#   --no-load       does not load the image into podman
#
# SOURCE_DATE_EPOCH sets the time of all files, by default that of the commit. Exit status 2: wrong usage, or a program is missing; 3: this
# host cannot build it, since its packages are not those of Debian 12 for amd64, or git cannot read the checkout.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
readonly here user=65532 libraries=/usr/lib/x86_64-linux-gnu
output='' source=$here/../.. tag='' work='' load=yes scratch=''

# Package, and those of its files that the program needs: .NET's runtime, OpenSSL, and libc's resolver of host names.
readonly system=("libc6 /usr/lib64/ld-linux-x86-64.so.2 $(printf "$libraries/%s " libc.so.6 libm.so.6 libdl.so.2 libpthread.so.0 librt.so.1)"
    "libc6 $(printf "$libraries/%s " libnss_dns.so.2 libnss_files.so.2 libresolv.so.2)"
    "libgcc-s1 $libraries/libgcc_s.so.1" "libstdc++6 $libraries/libstdc++.so.6" "libssl3 $libraries/libssl.so.3 $libraries/libcrypto.so.3"
    'ca-certificates' 'base-files /usr/lib/os-release')

fail() { echo "build.sh: $*" >&2; exit 2; }
unfit() { echo "build.sh: $*" >&2; exit 3; }
usage() { sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0"; }

# shellcheck disable=SC2317 # run by the trap
clean_up() { [[ -z $scratch ]] || rm -rf "$scratch"; }
trap clean_up EXIT

# The program and the parts of .NET that it can reach, in two folders: what changes with every release, and what hardly does.
publish() {
    local artifacts=${work:-$scratch}/artifacts
    # The names of the folders would be in names that the compiler makes up.
    local all=$scratch/publish own=$scratch/program/usr/lib/screening others=$scratch/runtime/usr/lib/screening
    dotnet publish "$source/src/Node/Node.csproj" -c Release -r linux-x64 --self-contained -o "$all" -v quiet --nologo \
        --artifacts-path "$artifacts" -p:RunAnalyzers=false -p:CustomAfterMicrosoftCommonTargets="$here/publish.targets" \
        -p:PathMap="$source=/source%2C$artifacts=/artifacts" >&2
    mkdir -p "$own" "$others" "$scratch/program/usr/bin"
    mv "$all"/{screening,Screening.}* "$all"/{manual,schema} "$own"
    mv "$all"/* "$others"
    rm -f "$own"/*.xml
    ln -s ../lib/screening/screening "$scratch/program/usr/bin/screening"
    install -D -m 0644 "$here/screening.toml" "$scratch/program/etc/screening/screening.toml"
}

# Debian's files, as its packages have them, and the few that a system has for itself.
collect_system() {
    local root=$scratch/system entry package file files changed
    mkdir -p "$root"/{etc/ssl/certs,usr/lib64,usr/lib/ssl,usr/share/doc,var/lib/dpkg/status.d,run/screening,var/lib/screening,tmp}
    ln -s usr/lib "$root/lib"
    ln -s usr/lib64 "$root/lib64"
    for entry in "${system[@]}"; do
        read -r package files <<<"$entry"
        dpkg-query -W "$package" >/dev/null || unfit "needs the package $package"
        for file in $files; do
            [[ -e $file ]] || unfit "$package has no $file here: build on Debian 12, or use the Containerfile"
            install -D -m "$([[ $file == */ld-* ]] && echo 0755 || echo 0644)" "$(readlink -f "$file")" "$root$file"
            changed=$(dpkg --verify "$package" | grep -F "$(basename "$(readlink -f "$file")")" || true)
            [[ -z $changed ]] || unfit "$file is not as $package has it: $changed"
        done
        # Where scanners of images look for Debian's packages.
        dpkg-query -s "$package" | sed '/^Conffiles:/,/^[^ ]/{/^Conffiles:/d;/^ /d}' >"$root/var/lib/dpkg/status.d/$package"
        install -D -m 0644 "/usr/share/doc/$package/copyright" "$root/usr/share/doc/$package/copyright"
    done
    # Not the host's own bundle, to which its administrators may have added authorities.
    changed=$(dpkg --verify ca-certificates | grep -F /mozilla/ || true)
    [[ -z $changed ]] || unfit "certificates are not as ca-certificates has them: $changed"
    LC_ALL=C.UTF-8 cat /usr/share/ca-certificates/mozilla/*.crt >"$root/etc/ssl/certs/ca-certificates.crt"
    ln -s /etc/ssl/certs "$root/usr/lib/ssl/certs"
    ln -s ../usr/lib/os-release "$root/etc/os-release"
    printf '%s\n' root:x:0:0:root:/:/usr/sbin/nologin "screening:x:$user:$user:Screening:/var/lib/screening:/usr/sbin/nologin" >"$root/etc/passwd"
    printf '%s\n' root:x:0: "screening:x:$user:" >"$root/etc/group"
    echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
}

# Debian's packages and those of .NET that gave a file to the image: one JSON object a line.
components() {
    local deps=$scratch/program/usr/lib/screening/screening.deps.json packages=${NUGET_PACKAGES:-$HOME/.nuget/packages}
    local name version hash folder license entry
    jq -r '.runtimeTarget.name as $target | .libraries as $all | .targets[$target] | to_entries[] | select(.value.runtime or .value.native)
        | $all[.key] as $library | select($library.type == "package" or $library.type == "runtimepack")
        | (.key | sub("^runtimepack\\."; "") | split("/")) + [$library.sha512 | ltrimstr("sha512-")] | join("|")' "$deps" |
        while IFS='|' read -r name version hash; do
            folder=$packages/${name,,}/$version
            license=$(sed -n 's|.*<license type="expression">\(.*\)</license>.*|\1|p' "$folder"/*.nuspec 2>/dev/null | head -n 1 || true)
            [[ -z $hash ]] || hash=$(base64 -d <<<"$hash" | od -An -v -tx1 | tr -d ' \n')
            jq -cn --arg name "$name" --arg version "$version" --arg hash "$hash" --arg license "$license" '
                {type: "library", name: $name, version: $version, purl: "pkg:nuget/\($name)@\($version)"}
                + if $hash == "" then {} else {hashes: [{alg: "SHA-512", content: $hash}]} end
                + if $license == "" then {} else {licenses: [{expression: $license}]} end'
        done
    for entry in "${system[@]}"; do
        # shellcheck disable=SC2016 # dpkg-query's own variables
        dpkg-query -W -f '${Package}|${Version}|${Architecture}\n' "${entry%% *}"
    done | sort -u | while IFS='|' read -r name version folder; do
        jq -cn --arg name "$name" --arg version "$version" --arg arch "$folder" '{type: "library", name: $name, version: $version,
            purl: "pkg:deb/debian/\($name | @uri)@\($version | @uri)?arch=\($arch)&distro=debian-12"}'
    done
}

write_contents() {
    local file=$scratch/program/usr/share/screening/screening.cdx.json
    mkdir -p "${file%/*}"
    components | jq -s --arg version "$version" --arg time "$created" --arg revision "$revision" '{bomFormat: "CycloneDX", specVersion: "1.5",
        version: 1, metadata: {timestamp: $time, component: {type: "container", name: "screening", version: $version,
            properties: [{name: "revision", value: $revision}]}}, components: .}' >"$file"
}

pack() { # FILE FOLDER [OPTION...]: nothing of the host, its clock or its umask remains
    local file=$1 folder=$2
    shift 2
    (cd "$folder" && tar --sort=name --format=gnu --mtime="@$epoch" --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX "$@" -cf "$file" -- *)
}

# Prints the descriptor of a file that it moves among the blobs.
blob() { # FILE MEDIA-TYPE
    local digest size
    digest=$(sha256sum "$1" | cut -d ' ' -f 1) size=$(stat -c %s "$1")
    mv "$1" "$scratch/archive/blobs/sha256/$digest"
    jq -cn --arg type "$2" --arg digest "sha256:$digest" --argjson size "$size" '{mediaType: $type, digest: $digest, size: $size}'
}

add_layer() { # FOLDER
    local file=$scratch/layer.tar
    pack "$file" "$scratch/$1" --exclude=var/lib/screening --exclude=run/screening --exclude=tmp
    if [[ $1 == system ]]; then
        # What the node may write to, if nothing is mounted there. A volume gets owner and mode of its folder here: that of sockets is open to
        # others, since Postfix reaches the sockets, which have modes of their own, through it.
        (cd "$scratch/system" && tar --format=gnu --mtime="@$epoch" --owner=$user --group=$user --numeric-owner --mode=0750 -rf "$file" \
            var/lib/screening && tar --format=gnu --mtime="@$epoch" --owner=$user --group=$user --numeric-owner --mode=0755 -rf "$file" \
            run/screening && tar --format=gnu --mtime="@$epoch" --owner=0 --group=0 --numeric-owner --mode=1777 -rf "$file" tmp)
    fi
    diff_ids+=("sha256:$(sha256sum "$file" | cut -d ' ' -f 1)")
    unpacked=$((unpacked + $(stat -c %s "$file")))
    gzip -n "$file"
    layers+=("$(blob "$file.gz" application/vnd.oci.image.layer.v1.tar+gzip)")
}

# The environment is what the node needs in a container: temporary files and data on the volume, and no debugger's socket in /tmp.
write_config() {
    jq -cn --arg created "$created" --arg version "$version" --arg revision "$revision" --arg user "$user:$user" --args '{created: $created,
        architecture: "amd64", os: "linux", config: {User: $user, WorkingDir: "/", Entrypoint: ["/usr/lib/screening/screening"], Cmd: ["run"],
            Env: ["PATH=/usr/bin", "TMPDIR=/var/lib/screening", "DOTNET_EnableDiagnostics=0",
                "SCREENING__NODE__DATA_DIR=/var/lib/screening"],
            ExposedPorts: (reduce ("10025/tcp", "10026/tcp", "10053/udp", "10053/tcp", "10211/tcp", "10080/tcp", "4053/tcp") as $port ({};
                .[$port] = {})),
            Volumes: {"/var/lib/screening": {}}, StopSignal: "SIGTERM",
            Labels: {"org.opencontainers.image.title": "screening", "org.opencontainers.image.version": $version,
                "org.opencontainers.image.description": "Screening for Postfix: pass, ignore, enforce or drop",
                "org.opencontainers.image.revision": $revision, "org.opencontainers.image.created": $created,
                "org.opencontainers.image.licenses": "Apache-2.0", "org.opencontainers.image.vendor": "The Screening authors"}},
        rootfs: {type: "layers", diff_ids: $ARGS.positional},
        history: [("system", "runtime", "program") | {created: $created, created_by: "build.sh: \(.)"}]}' "${diff_ids[@]}" >"$scratch/config.json"
}

# The layout of OCI, and the file by which Docker reads it.
write_archive() { # FILE
    local config manifest type=application/vnd.oci.image
    config=$(blob "$scratch/config.json" $type.config.v1+json)
    printf '%s\n' "${layers[@]}" | jq -cs --arg type $type.manifest.v1+json --argjson config "$config" \
        '{schemaVersion: 2, mediaType: $type, config: $config, layers: .}' >"$scratch/manifest.json"
    manifest=$(blob "$scratch/manifest.json" $type.manifest.v1+json)
    digest=$(jq -r .digest <<<"$manifest")
    jq -cn --argjson manifest "$manifest" --arg tag "$tag" '{schemaVersion: 2, mediaType: "application/vnd.oci.image.index.v1+json",
        manifests: [$manifest + {annotations: {"org.opencontainers.image.ref.name": $tag}}]}' >"$scratch/archive/index.json"
    echo '{"imageLayoutVersion":"1.0.0"}' >"$scratch/archive/oci-layout"
    pack "$1" "$scratch/archive"
}

while [[ $# -gt 0 ]]; do
    case $1 in
        --output | --source | --tag | --work) [[ -n ${2-} ]] || fail "$1 needs a value"; declare "${1#--}=$2"; shift 2 ;;
        --no-load) load=no; shift ;;
        -h | --help) usage; exit ;;
        *) fail "unknown option $1; --help shows the usage" ;;
    esac
done
for program in dotnet git jq dpkg-query tar gzip; do
    command -v "$program" >/dev/null || fail "needs the program $program"
done
[[ $load == no ]] || command -v podman >/dev/null || load=no
[[ $load == yes || -n $output ]] || fail 'there is no podman to load the image into: name a file with --output'
[[ $(dpkg --print-architecture) == amd64 ]] || unfit 'builds for amd64 on amd64 only; use the Containerfile'
[[ -f $source/Directory.Build.props ]] || fail "$source is no checkout of the project"
source=$(cd "$source" && pwd)
[[ -z $work ]] || { mkdir -p "$work" && work=$(cd "$work" && pwd); }
output=${output:+$(realpath -m "$output")}

version=$(sed -n 's|.*<Version>\(.*\)</Version>.*|\1|p' "$source/Directory.Build.props")
tag=${tag:-screening:$version}
revision=$(git -C "$source" rev-parse HEAD) || unfit "git cannot read $source, which has the commit and its time"
[[ -z $(git -C "$source" status --porcelain) ]] || revision+=-modified
epoch=${SOURCE_DATE_EPOCH:-$(git -C "$source" log -1 --format=%ct)}
created=$(date -u -d "@$epoch" +%Y-%m-%dT%H:%M:%SZ)
scratch=$(mktemp -d) digest='' diff_ids=() layers=() unpacked=0
mkdir -p "$scratch/archive/blobs/sha256"

collect_system
publish
write_contents
for folder in system runtime program; do add_layer $folder; done
write_config
write_archive "$scratch/image.tar"
[[ $load == no ]] || podman load -q -i "$scratch/image.tar" >/dev/null
printf '%s %s, %d MB, packed %d MB\n' "$tag" "$digest" $((unpacked / 1000000)) $(($(stat -c %s "$scratch/image.tar") / 1000000))
if [[ -n $output ]]; then
    mv "$scratch/image.tar" "$output"
    install -m 0644 "$scratch/program/usr/share/screening/screening.cdx.json" "$output.cdx.json"
fi

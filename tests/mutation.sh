#!/usr/bin/env bash
# Mutation testing of one area with Stryker.NET: changes its code in small ways, one at a time, and lists the changes that no test notices.
# Exit status 1 if fewer are noticed than the area's threshold says. Takes minutes; not part of ./test.sh.
#
#   tests/mutation.sh AREA [STRYKER_OPTION ...]     e.g. tests/mutation.sh dns --concurrency 4
#
# The reports are written to TestResults/mutation/AREA.
set -euo pipefail
cd "$(dirname "$0")"

# Area: project, least score in percent, files that are changed (separated by commas), tests that are run (parts of their full names).
readonly areas='
dns           Protocol  92  Dns/*.cs                                                        Protocol.Tests.Dns.
protocol      Protocol  90  Dnsbl/*.cs,Dnsblog/*.cs,Framing/*.cs,Memcache/*.cs,Plugin/*.cs,Policy/*.cs,Vocabulary/*.cs  Protocol.Tests.
scores        Actors    90  ScoreBoard.cs,*Plan.cs,P0fRule.cs,EnvelopeRule.cs               ScoreBoardTests PlanTests
breaker       Actors    90  Breaker.cs                                                      BreakerTests CheckActorTests
near-cache    Actors    90  NearCache.cs                                                    NearCacheTests
bucket-state  Actors    90  BucketState.cs,BucketEntry.cs,Tombstones.cs,Epoch.cs            Tests.Whitelist.Bucket WhitelistBucketTests EpochTests
grants        Actors    90  Grants*State*.cs,GrantsAndBans.cs                               Grants
forming       Actors    90  Admission.cs,Forming/Decision.cs,Founding.cs,Peers.cs,Rivals.cs,Round.cs,Standing.cs  Tests.Cluster.Forming
'

row=$(awk -v area="${1:-}" '$1 == area' <<<"$areas")
if [[ -z $row ]]; then
    echo "usage: tests/mutation.sh AREA [STRYKER_OPTION ...]; the areas: $(awk '{ printf "%s ", $1 }' <<<"$areas")" >&2
    exit 2
fi
read -r area project least files tests <<<"$row"
shift

# Changed code warns of what the compiler sees through, such as code that is never reached. On a busy machine "dotnet --info", from which the
# tool learns where the SDK is, takes longer than the 10 s it is given.
export TreatWarningsAsErrors=false DOTNET_INFO_WAIT_TIME=120000
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_UI_LANGUAGE=en MSBUILDDISABLENODEREUSE=1
results=$PWD/../TestResults/mutation/$area
filter=$(printf '|FullyQualifiedName~%s' $tests)
mutate=()
IFS=, read -ra patterns <<<"$files"
for pattern in "${patterns[@]}"; do mutate+=(--mutate "**/$pattern"); done

cd "$project.Tests"
dotnet tool restore >/dev/null
exec dotnet stryker --config-file ../stryker-config.json --project "$project.csproj" --output "$results" --skip-version-check \
    --threshold-low "$least" --break-at "$least" "${mutate[@]}" --test-case-filter "${filter#|}" "$@"

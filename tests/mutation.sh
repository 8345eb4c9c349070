#!/usr/bin/env bash
# Mutation testing of one area with Stryker.NET: changes its code in small ways, one at a time, and lists the changes that no test notices.
# Exit status 1 if fewer are noticed than the area's threshold says. Takes minutes; not part of ./test.sh.
#
#   tests/mutation.sh AREA [STRYKER_OPTION ...]     e.g. tests/mutation.sh dns --mutate '**/Dns/DnsName.cs'
#
# The reports are written to TestResults/mutation/AREA.
set -euo pipefail
cd "$(dirname "$0")"

# Area: project, least score in percent, files that are changed, tests that are run (regular names, as in dotnet test --filter).
readonly areas='
dns           Protocol  92  Dns/*.cs                                              Protocol.Tests.Dns.
protocol      Protocol  90  {Dnsbl,Dnsblog,Framing,Memcache,P0f,Plugin,Policy,Vocabulary}/*.cs  Protocol.Tests.
scores        Actors    90  {ScoreBoard,CheckPlan}.cs                             ScoreBoard PlanTests
breaker       Actors    90  Breaker.cs                                            Breaker CheckActor
near-cache    Actors    90  NearCache.cs                                          NearCache
bucket-state  Actors    90  {BucketState,BucketEntry}.cs                          BucketState
grants        Actors    90  {Grants*State*,GrantsAndBans}.cs                      Grants
forming       Actors    90  Forming/*.cs                                          Forming
'

row=$(awk -v area="${1:-}" '$1 == area' <<<"$areas")
if [[ -z $row ]]; then
    echo "usage: tests/mutation.sh AREA [STRYKER_OPTION ...]; the areas:" $(awk '{ print $1 }' <<<"$areas") >&2
    exit 2
fi
read -r area project least files tests <<<"$row"
shift

# Changed code warns of what the compiler sees through, such as code that is never reached.
export TreatWarningsAsErrors=false DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_UI_LANGUAGE=en MSBUILDDISABLENODEREUSE=1
results=$PWD/../TestResults/mutation/$area
filter=$(printf '|FullyQualifiedName~%s' $tests)

cd "$project.Tests"
dotnet tool restore >/dev/null
exec dotnet stryker --config-file ../stryker-config.json --project "$project.csproj" --output "$results" --skip-version-check \
    --threshold-low "$least" --break-at "$least" --mutate "**/$files" --test-case-filter "${filter#|}" "$@"

using Screening.Actors.Checks;
using Screening.Actors.Fleet;
using Screening.Actors.Whitelist;

namespace Screening.Node.Api;

/// <summary>The words that enumerations of the actors have in JSON and in the labels of metrics.</summary>
internal static class ApiWords
{
    public static string Word(this CheckResult result) => result switch
    {
        CheckResult.Evidence => "evidence",
        CheckResult.Nothing => "nothing",
        CheckResult.Failed => "failed",
        CheckResult.Timeout => "timeout",
        _ => "skipped",
    };

    public static string Word(this CheckKind kind) => kind switch
    {
        CheckKind.P0f => "p0f",
        CheckKind.Dnsbl => "dnsbl",
        CheckKind.Evidence => "evidence",
        _ => "custom",
    };

    public static string Word(this CheckState state) => state switch
    {
        CheckState.Ok => "ok",
        CheckState.Ill => "ill",
        _ => "open",
    };

    public static string Word(this GrantKind kind) => kind == GrantKind.Ban ? "ban" : "grant";

    public static string Word(this WhitelistLineKind kind) => kind switch
    {
        WhitelistLineKind.Grant => "grant",
        WhitelistLineKind.Ban => "ban",
        _ => "pass",
    };
}

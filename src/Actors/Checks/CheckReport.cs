using System.Collections.Immutable;

namespace Screening.Actors.Checks;

/// <summary>How a check ended; the names are those of the decision log.</summary>
public enum CheckResult : byte
{
    /// <summary>It knows the client: listed, vouched for, seen.</summary>
    Evidence,

    /// <summary>It answered that it does not know the client: not listed, never seen.</summary>
    Nothing,

    /// <summary>It gave no usable answer.</summary>
    Failed,

    /// <summary>It did not answer in time.</summary>
    Timeout,

    /// <summary>It was not asked, or not waited for.</summary>
    Skipped,
}

/// <summary>The words for results.</summary>
public static class CheckResultWords
{
    /// <summary>The result's word in JSON, and the label <c>result</c> of <c>screening_check_total</c>.</summary>
    public static string Word(this CheckResult result) => result switch
    {
        CheckResult.Evidence => "evidence",
        CheckResult.Nothing => "nothing",
        CheckResult.Failed => "failed",
        CheckResult.Timeout => "timeout",
        _ => "skipped",
    };
}

/// <summary>One check's part in a decision.</summary>
/// <param name="Name">The check's public name.</param>
/// <param name="Kind">The word for its kind.</param>
/// <param name="Result">How it ended.</param>
/// <param name="Answer">Its answer in words or codes.</param>
/// <param name="Weight">What it added to the score.</param>
/// <param name="TtlSeconds">How long its answer holds, seconds; null if it did not give a lifetime.</param>
/// <param name="Start">When it was asked, from the start of the query.</param>
/// <param name="Elapsed">How long it took, or how long it was waited for.</param>
/// <param name="Reason">What its answer means, for people.</param>
/// <param name="Error">Why there is no answer; null when there is one.</param>
public sealed record CheckReport(
    string Name,
    string Kind,
    CheckResult Result,
    ImmutableArray<string> Answer,
    int Weight,
    int? TtlSeconds,
    TimeSpan Start,
    TimeSpan Elapsed,
    string? Reason,
    string? Error);

/// <summary>Is told what sources did: the metrics. Must neither block nor throw.</summary>
public interface ICheckObserver
{
    /// <summary>A source answered a question, or failed to. Answers from memory are not reported.</summary>
    void CheckEnded(string check, CheckResult result, TimeSpan elapsed);

    /// <summary>A DNS query was sent to a list.</summary>
    void DnsblQueried(string list);
}
